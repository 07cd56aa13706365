//! The reader: its position in the tree, its findings, and how it reads values of simple types.

use super::fields::{Fields, UnusedKey};
use super::messages::{as_string_message, describe};
use super::places::{PartName, SourceMap, extend};
use super::tree::{Member, Node, Position, Tree, location, unreadable};
use super::variables::VariableUse;
use crate::diagnostic::table::calls::NOT_RUNNABLE;
use crate::diagnostic::{Diagnostic, Severity};
use crate::diagnostic::{RepairKind, plain};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

/// The maximum number of reported errors.
const MAX_ERRORS: usize = 100;

/// The maximum number of repairs.
const MAX_REPAIRS: usize = 10_000;

/// The state of reading a document.
pub(super) struct Reader {
    pub(super) errors: Vec<Diagnostic>,
    pub(super) repairs: Vec<Diagnostic>,
    /// The findings about extensions that are kept unchanged.
    pub(super) kept: Vec<Diagnostic>,
    /// The errors of the entries that are left out.
    pub(super) left_out: Vec<Diagnostic>,
    pub(super) places: SourceMap,
    /// For each part of `places`, its name in the text.
    written: Vec<NameInText>,
    /// The current part, as an index of `places`.
    here: u32,
    /// The variables declared in `binds`, with and without their namespace.
    pub(super) declared: HashSet<String>,
    /// The uses of undeclared variables found so far.
    pub(super) uses: Vec<VariableUse>,
    /// Adapters and APIs without a namespace: the part and the position of each.
    pub(super) nameless: Vec<(u32, Position)>,
    /// Numbers whose text differs from their JSON: the part, the position and the text of each.
    pub(super) respelt: Vec<(u32, Position, String)>,
    /// Exposed operations without a method: the part and the position of each.
    pub(super) methodless: Vec<(u32, Position)>,
    /// The keys that have no effect; each [`Fields`] adds its own.
    pub(super) unused: Rc<RefCell<Vec<UnusedKey>>>,
    /// The prefix of references to a caller's inputs in the current adapter: `rest` or `tools`, as in `rest.NAME`.
    pub(super) caller: &'static str,
}

/// The name of a part in the text.
#[derive(Debug, Clone)]
enum NameInText {
    /// The same name as in the document.
    Same,
    /// Another name.
    As(PartName),
    /// No name: the part and its parent are the same text, as when a single entry is written instead of a list.
    Around,
}

impl Reader {
    pub(super) fn new(root: Position) -> Self {
        let mut places = SourceMap::default();
        let here = places.add(0, "".into(), root);
        Self {
            errors: Vec::new(),
            repairs: Vec::new(),
            kept: Vec::new(),
            left_out: Vec::new(),
            places,
            written: vec![NameInText::Same],
            here,
            declared: HashSet::new(),
            uses: Vec::new(),
            nameless: Vec::new(),
            respelt: Vec::new(),
            methodless: Vec::new(),
            unused: Rc::default(),
            caller: "tools",
        }
    }

    // ── Location ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Reads a child of the current part.
    pub(super) fn enter<T>(
        &mut self,
        name: impl Into<PartName>,
        place: Position,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.enter_written(name.into(), NameInText::Same, place, read)
    }

    /// Reads a child that has another name in the text.
    pub(super) fn enter_as<T>(
        &mut self,
        name: impl Into<PartName>,
        written: impl Into<PartName>,
        place: Position,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.enter_written(name.into(), NameInText::As(written.into()), place, read)
    }

    /// Reads a child whose text is the whole text of the current part.
    pub(super) fn enter_only<T>(
        &mut self,
        name: impl Into<PartName>,
        place: Position,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.enter_written(name.into(), NameInText::Around, place, read)
    }

    fn enter_written<T>(
        &mut self,
        name: PartName,
        written: NameInText,
        place: Position,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.here;
        self.here = self.places.add(before, name, place);
        self.written.push(written);
        let result = read(self);
        self.here = before;
        result
    }

    /// Reads a member under its name in the document.
    pub(super) fn member<T>(
        &mut self,
        name: &'static str,
        member: Member,
        read: impl FnOnce(&mut Self, Node) -> T,
    ) -> T {
        let place = match member.node.tree {
            Tree::List(_) | Tree::Map(..) | Tree::Null => member.place,
            Tree::Text(_) | Tree::Scalar(..) => member.node.place,
        };
        let written = if member.key == name { NameInText::Same } else { NameInText::As(member.key.into()) };
        let node = member.node;
        self.enter_written(name.into(), written, place, |reader| read(reader, node))
    }

    /// Reads a member, if present.
    pub(super) fn field<T>(
        &mut self,
        fields: &mut Fields,
        name: &'static str,
        read: impl FnOnce(&mut Self, Node) -> Option<T>,
    ) -> Option<T> {
        let member = fields.take(name)?;
        self.member(name, member, read)
    }

    pub(super) fn here(&self) -> u32 {
        self.here
    }

    /// Returns the location of the part at a JSON Pointer, and the pointer that it has in the text. Call `reset_order` first.
    pub(super) fn written_at(&self, pointer: &str) -> (Position, String) {
        let at = self.places.nearest(pointer);
        (self.places.place(at).unwrap_or_default(), self.written_pointer(at))
    }

    /// Returns the JSON Pointer of a part in the text.
    pub(super) fn written_pointer(&self, at: u32) -> String {
        // The names in the text, from the part up to the document.
        let mut names: Vec<Cow<'_, PartName>> = Vec::new();
        let mut part = at;
        while let Some((parent, name)) = self.places.name(part) {
            match self.written.get(part as usize) {
                Some(NameInText::As(name)) => names.push(Cow::Borrowed(name)),
                Some(NameInText::Around) => {}
                _ => names.push(Cow::Borrowed(name)),
            }
            part = parent;
        }
        let mut pointer = String::new();
        for name in names.iter().rev() {
            extend(&mut pointer, name);
        }
        pointer
    }

    // ── Findings ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Reports an error: the document cannot be read, or the current entry is left out.
    pub(super) fn error(&mut self, place: Position, message: impl Into<String>, help: &str) {
        if self.errors.len() < MAX_ERRORS {
            let (at, written) = (self.places.pointer(self.here), self.written_pointer(self.here));
            self.error_at((at, written), place, message, help);
        }
    }

    /// Reports an error in another part; `at` and `written` are as in [`Self::push_repair`].
    pub(super) fn error_at(
        &mut self,
        (at, written): (String, String),
        place: Position,
        message: impl Into<String>,
        help: &str,
    ) {
        if self.errors.len() < MAX_ERRORS {
            let written = Some(written).filter(|written| *written != at);
            self.errors.push(Diagnostic { at, written, ..unreadable(place, message).fix(help.to_owned()) });
        }
    }

    /// Reads a route, a tool or another entry. An entry with an error is left out.
    pub(super) fn read_or_skip<T>(&mut self, node: Node, read: impl FnOnce(&mut Self, Node) -> Option<T>) -> Option<T> {
        self.read_part(node, read).unwrap_or_default()
    }

    /// Reads an entry like [`Self::read_or_skip`], and distinguishes an entry with an error.
    ///
    /// # Errors
    /// Returns the readable part of an entry with an error.
    fn read_part<T>(
        &mut self,
        node: Node,
        read: impl FnOnce(&mut Self, Node) -> Option<T>,
    ) -> Result<Option<T>, Option<T>> {
        let (errors, repairs, kept) = (self.errors.len(), self.repairs.len(), self.kept.len());
        let (uses, methodless, unused) = (self.uses.len(), self.methodless.len(), self.unused.borrow().len());
        let entry = read(self, node);
        // Errors beyond the limit are not moved to `left_out`, so the document cannot be read.
        if self.errors.len() == errors || self.left_out.len() > MAX_REPAIRS {
            return Ok(entry);
        }
        for mut found in self.errors.drain(errors..) {
            // The next entry gets this entry's index, so `at` becomes the pointer in the text.
            found.at = found.written.take().unwrap_or(found.at);
            found.rule = &NOT_RUNNABLE;
            self.left_out.push(found);
        }
        self.repairs.truncate(repairs);
        self.kept.truncate(kept);
        self.uses.truncate(uses);
        self.methodless.truncate(methodless);
        self.unused.borrow_mut().truncate(unused);
        self.places.forget(self.here);
        Err(entry)
    }

    /// Reads an entry that other parts refer to. An entry with an error is left out, and its names are added to `unreadable_names`;
    /// `name` returns the names in the readable part of the entry.
    pub(super) fn read_or_note_unreadable<T>(
        &mut self,
        node: Node,
        unreadable_names: &mut Vec<String>,
        name: impl FnOnce(T) -> Vec<String>,
        read: impl FnOnce(&mut Self, Node) -> Option<T>,
    ) -> Option<T> {
        self.read_part(node, read).unwrap_or_else(|part| {
            unreadable_names.extend(part.map(name).into_iter().flatten().filter(|name| !name.is_empty()));
            None
        })
    }

    /// Reports a repair of the current part.
    pub(super) fn repair(&mut self, kind: RepairKind, place: Position, message: impl Into<String>) {
        let at = self.places.pointer(self.here);
        let written = self.written_pointer(self.here);
        self.push_repair(kind, place, message, at, written);
    }

    /// Reports a repair of a member that has the same name in the text.
    pub(super) fn repair_member(
        &mut self,
        kind: RepairKind,
        key: impl Into<PartName>,
        place: Position,
        message: impl Into<String>,
    ) {
        let key = key.into();
        let (mut at, mut written) = (self.places.pointer(self.here), self.written_pointer(self.here));
        extend(&mut at, &key);
        extend(&mut written, &key);
        self.push_repair(kind, place, message, at, written);
    }

    /// Reports a repair of a member that has another name in the text.
    pub(super) fn repair_renamed(
        &mut self,
        kind: RepairKind,
        key: &'static str,
        member: &Member,
        message: impl Into<String>,
    ) {
        let (mut at, mut written) = (self.places.pointer(self.here), self.written_pointer(self.here));
        extend(&mut at, &key.into());
        extend(&mut written, &member.key.clone().into());
        self.push_repair(kind, member.place, message, at, written);
    }

    /// Reports an extension that is not in the specification and is kept unchanged.
    pub(super) fn keep(&mut self, kind: RepairKind, place: Position, message: impl Into<String>) {
        if self.kept.len() < MAX_REPAIRS {
            let (at, written) = (self.places.pointer(self.here), self.written_pointer(self.here));
            self.kept.push(repair_finding(kind, place, message, at, written).with_severity(Severity::Info));
        }
    }

    /// Reports a repair; `at` is the JSON Pointer of the part in the document, `written` its JSON Pointer in the text.
    pub(super) fn push_repair(
        &mut self,
        kind: RepairKind,
        place: Position,
        message: impl Into<String>,
        at: String,
        written: String,
    ) {
        if self.repairs.len() < MAX_REPAIRS {
            self.repairs.push(repair_finding(kind, place, message, at, written));
        } else if self.repairs.len() == MAX_REPAIRS {
            let message = format!("this document needs more than {MAX_REPAIRS} repairs");
            self.error(
                place,
                message,
                "check that this file is a capability document: it begins with `naftiko: 1.0.0-alpha2`",
            );
            // One more repair, so that the error is not reported again.
            self.repairs.push(repair_finding(kind, place, String::new(), at, written));
        }
    }

    // ── Values ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Reads a string; a number or a boolean is read as written.
    pub(super) fn text(&mut self, what: &str, node: Node) -> Option<String> {
        let (place, kind) = (node.place, node.kind());
        match node.tree {
            Tree::Text(text) => return Some(text),
            Tree::Scalar(_, text) => {
                self.repair(RepairKind::ScalarType, place, as_string_message(what, kind));
                return Some(text);
            }
            Tree::Map(members, true) => {
                // `{{NAME}}` without quotes: an object with the key `{NAME}`.
                if let Ok([member]) = <[Member; 1]>::try_from(members)
                    && member.node.is_null()
                    && member.key.starts_with('{')
                    && member.key.ends_with('}')
                {
                    let text = format!("{{{}}}", member.key);
                    let message = format!("`{what}` without quotes, read as the string \"{}\"", plain(&text));
                    self.repair(RepairKind::ScalarType, place, message);
                    return Some(text);
                }
            }
            Tree::List(list) => {
                if let Ok([Node { tree: Tree::Text(text), .. }]) = <[Node; 1]>::try_from(list) {
                    let message = format!("`{what}` is a list of one string; read as that string");
                    self.repair(RepairKind::ListShape, place, message);
                    return Some(text);
                }
            }
            _ => {}
        }
        let help = format!("write `{what}: \"…\"`; the quotes are needed if the text starts with `{{` or `[`");
        self.error(place, format!("expected a string for `{what}`, found {kind}"), &help);
        None
    }

    /// Reads a member that is a string.
    pub(super) fn text_field(&mut self, fields: &mut Fields, name: &'static str) -> Option<String> {
        self.field(fields, name, |reader, node| reader.text(name, node))
    }

    /// Reads a required member that is a string.
    pub(super) fn required(
        &mut self,
        fields: &mut Fields,
        name: &'static str,
        what: &str,
        help: &str,
    ) -> Option<String> {
        if fields.peek(name).is_none() {
            self.error(fields.place, format!("{what} has no `{name}`"), help);
            return None;
        }
        self.text_field(fields, name)
    }

    /// Reads a boolean; words such as `yes` are accepted.
    pub(super) fn flag(&mut self, what: &str, node: &Node) -> Option<bool> {
        let place = node.place;
        let word = match &node.tree {
            Tree::Scalar(Value::Bool(flag), _) => return Some(*flag),
            Tree::Scalar(_, text) | Tree::Text(text) => text.to_lowercase(),
            _ => String::new(),
        };
        let flag = match word.as_str() {
            "true" | "yes" | "on" | "1" => true,
            "false" | "no" | "off" | "0" => false,
            _ => {
                let message = format!("expected `true` or `false` for `{what}`, found {}", describe(node));
                self.error(place, message, &format!("write `{what}: true` or `{what}: false`"));
                return None;
            }
        };
        self.repair(RepairKind::ScalarType, place, format!("`{what}: {}` read as {flag}", plain(&word)));
        Some(flag)
    }

    /// Reads a member that is a boolean.
    pub(super) fn flag_field(&mut self, fields: &mut Fields, name: &'static str) -> Option<bool> {
        self.field(fields, name, |reader, node| reader.flag(name, &node))
    }

    /// Reads a member that is an integer from `least` to `most`.
    pub(super) fn integer(&mut self, fields: &mut Fields, name: &'static str, least: u64, most: u64) -> Option<u64> {
        self.field(fields, name, |reader, node| {
            let text = match &node.tree {
                Tree::Scalar(_, text) | Tree::Text(text) => {
                    let text = text.trim();
                    text.strip_suffix(".0").unwrap_or(text)
                }
                _ => "",
            };
            let number = super::scalar::number(text).and_then(|number| number.as_u64());
            let Some(number) = number.filter(|number| (least..=most).contains(number)) else {
                let range =
                    if most == u64::MAX { format!("of at least {least}") } else { format!("from {least} to {most}") };
                let message = format!("expected an integer {range} for `{name}`, found {}", describe(&node));
                if name == "port" {
                    // A wrong port is an error: callers could not reach the adapter.
                    reader.error(node.place, message, "write `port: 8080`");
                } else {
                    reader.repair(RepairKind::EmptyValue, node.place, format!("{message}; `{name}` is ignored"));
                }
                return None;
            };
            if !matches!(&node.tree, Tree::Scalar(Value::Number(known), _) if known.is_u64()) {
                let message = format!("`{name}` is {}; read as the number {number}", describe(&node));
                reader.repair(RepairKind::ScalarType, node.place, message);
            }
            Some(number)
        })
    }

    /// Reads `port`.
    pub(super) fn port(&mut self, fields: &mut Fields) -> Option<u16> {
        self.integer(fields, "port", 0, u64::from(u16::MAX)).and_then(|port| u16::try_from(port).ok())
    }

    /// Reads a value unchanged, except for `{{NAME}}` without quotes, and records the locations of its parts.
    pub(super) fn verbatim(&mut self, node: Node) -> Value {
        match node.tree {
            Tree::Null => Value::Null,
            Tree::Text(text) => Value::String(text),
            Tree::Scalar(value, text) => {
                self.note_spelling(&value, &text, node.place);
                value
            }
            Tree::List(list) => list
                .into_iter()
                .enumerate()
                .map(|(index, node)| self.enter(index, node.place, |reader| reader.verbatim(node)))
                .collect(),
            Tree::Map(members, flow) => {
                if flow && let [member] = members.as_slice() {
                    // `{{NAME}}` without quotes.
                    if member.node.is_null() && member.key.starts_with('{') && member.key.ends_with('}') {
                        let text = format!("{{{}}}", member.key);
                        let message = format!("a string without quotes, read as \"{}\"", plain(&text));
                        self.repair(RepairKind::ScalarType, node.place, message);
                        return Value::String(text);
                    }
                }
                let members = members.into_iter().map(|member| {
                    let value = self.enter(member.key.clone(), member.place, |reader| reader.verbatim(member.node));
                    (member.key, value)
                });
                Value::Object(members.collect())
            }
        }
    }

    /// Reads a member unchanged.
    pub(super) fn verbatim_field(&mut self, fields: &mut Fields, name: &'static str) -> Option<Value> {
        self.field(fields, name, |reader, node| Some(reader.verbatim(node)))
    }
}

fn repair_finding(
    kind: RepairKind,
    place: Position,
    message: impl Into<String>,
    at: String,
    written: String,
) -> Diagnostic {
    let written = (written != at).then_some(written);
    Diagnostic { location: location(place), written, ..Diagnostic::new(kind.rule(), at, message) }
}
