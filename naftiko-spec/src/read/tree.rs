//! Parses YAML into a tree whose nodes have locations, and enforces limits of size and depth while parsing.
#![allow(clippy::result_large_err, reason = "an error ends the parsing, so there is at most one")]

use super::scalar::plain;
use crate::diagnostic::table::served::UNREADABLE;
use crate::diagnostic::{Diagnostic, Location};
use crate::exact::ExactNumbers;
use serde_json::{Map, Value};
use serde_saphyr::granit_parser::{Event, Marker, Options, Parser, ScalarStyle, Span, StructureStyle, Tag, options};
use std::collections::{HashMap, HashSet};

/// The maximum size of a document, in bytes: 50 times the largest published document.
pub(crate) const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The maximum nesting.
const MAX_DEPTH: usize = 64;

/// The maximum number of values, including those that aliases repeat.
const MAX_VALUES: usize = 250_000;

/// The maximum number of aliases.
const MAX_ALIASES: usize = 100;

/// The maximum length of a key, in bytes.
const MAX_KEY_BYTES: usize = 256;

/// A line and a column, counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Converts a location for diagnostics; `None` if it is unknown.
pub(super) fn location(place: Position) -> Option<Location> {
    (place.line > 0).then(|| Location { line: place.line.into(), column: place.column.into() })
}

/// Returns the diagnostic of a text that cannot be read.
pub(super) fn unreadable(place: Position, message: impl Into<String>) -> Diagnostic {
    Diagnostic { location: location(place), ..Diagnostic::new(&UNREADABLE, "", message) }
}

/// A value and its location.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    pub(super) place: Position,
    pub(super) tree: Tree,
}

/// A value.
#[derive(Debug, Clone, Default)]
pub(super) enum Tree {
    /// Null.
    #[default]
    Null,
    /// A string, quoted or not.
    Text(String),
    /// An unquoted number or boolean, and its text.
    Scalar(Value, String),
    /// A list.
    List(Vec<Node>),
    /// An object without repeated keys, and whether it is written in braces.
    Map(Vec<Member>, bool),
}

/// A key of an object with its value.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) place: Position,
    pub(super) node: Node,
}

impl Node {
    /// Returns the name of its type for messages: `a string`.
    pub(super) fn kind(&self) -> &'static str {
        match &self.tree {
            Tree::Null => "nothing",
            Tree::Text(_) => "a string",
            Tree::Scalar(Value::Bool(_), _) => "a boolean",
            Tree::Scalar(..) => "a number",
            Tree::List(_) => "a list",
            Tree::Map(..) => "an object",
        }
    }

    /// Returns its text, if it is a string.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns its members, if it is an object.
    pub(super) fn members(&self) -> Option<&[Member]> {
        match &self.tree {
            Tree::Map(members, _) => Some(members),
            _ => None,
        }
    }

    /// Returns the value of a key, if it is an object that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.members()?.iter().find(|member| member.key == key).map(|member| &member.node)
    }

    /// Returns whether it is an object that has this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    /// Returns the size of the node and everything in it.
    fn size(&self) -> NodeSize {
        let mut size = NodeSize { values: 1, bytes: 0, depth: 0 };
        match &self.tree {
            Tree::Null => {}
            Tree::Text(text) | Tree::Scalar(_, text) => size.bytes = text.len(),
            Tree::List(list) => {
                size.depth = 1;
                for item in list {
                    size.contain(item.size());
                }
            }
            Tree::Map(members, _) => {
                size.depth = 1;
                for member in members {
                    size.contain(member.node.size());
                    (size.values, size.bytes) = (size.values + 1, size.bytes + member.key.len());
                }
            }
        }
        size
    }
}

/// Converts a value to JSON.
impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node.tree {
            Tree::Null => Self::Null,
            Tree::Text(text) => Self::String(text),
            Tree::Scalar(value, _) => value,
            Tree::List(list) => list.into_iter().map(Self::from).collect(),
            Tree::Map(members, _) => Self::Object(
                members.into_iter().map(|member| (member.key, Self::from(member.node))).collect::<Map<_, _>>(),
            ),
        }
    }
}

/// Parses a string as a single YAML document, and collects the exact numbers.
pub(crate) fn parse(text: &str) -> Result<(Node, ExactNumbers), Diagnostic> {
    build(text, Builder::default())
}

/// Parses a string as a single YAML document, for callers that use only the texts of its scalars.
pub(super) fn parse_as_written(text: &str) -> Result<Node, Diagnostic> {
    build(text, Builder { as_written: true, ..Builder::default() }).map(|(node, _)| node)
}

fn build(text: &str, mut builder: Builder) -> Result<(Node, ExactNumbers), Diagnostic> {
    if text.len() > MAX_BYTES {
        let message = format!("the document has {} bytes, but the maximum is {MAX_BYTES}", text.len());
        let help = "a capability is a few hundred lines long; is this the right file?";
        return Err(unreadable(Position { line: 1, column: 1 }, message).fix(help));
    }
    for event in Parser::new_from_str_with_options(text, limits()) {
        let (event, span) = event.map_err(|error| syntax_error(text, &error))?;
        builder.take(event, &span)?;
    }
    let help = "a capability document starts with `naftiko: 1.0.0-alpha2`";
    match builder.root {
        Some(node) if !node.is_null() => Ok((node, builder.exact.complete())),
        _ => Err(unreadable(Position { line: 1, column: 1 }, "the document is empty").fix(help)),
    }
}

/// Returns the parser's own limits, which are a safeguard: the limits of [`Builder`] are stricter, and report a location.
fn limits() -> Options {
    options! { emit_comments: false, flow_nesting_limit: MAX_DEPTH + 8, block_nesting_limit: MAX_DEPTH + 8 }
}

fn place(mark: &Marker) -> Position {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Position { line: number(mark.line()), column: number(mark.col()).saturating_add(1) }
}

fn syntax_error(text: &str, error: &serde_saphyr::granit_parser::ScanError) -> Diagnostic {
    let at = place(error.marker());
    let line = text.lines().nth(usize::try_from(at.line).unwrap_or(0).saturating_sub(1)).unwrap_or_default();
    let message = error.kind().to_string();
    if message.contains("recursion limit") {
        return too_deep(at);
    }
    let help = if message.contains(" tab")
        || line.chars().take_while(|letter| letter.is_whitespace()).any(|letter| letter == '\t')
    {
        "YAML is indented with spaces, not with tabs"
    } else if message.contains("mapping values") {
        "put a string that contains `: ` in quotes"
    } else {
        "check the indentation, quotes and brackets in this line and the one before"
    };
    unreadable(at, format!("invalid YAML: {message}")).fix(help)
}

fn too_deep(at: Position) -> Diagnostic {
    let message = format!("the document is nested more than {MAX_DEPTH} levels deep");
    unreadable(at, message).fix("reduce the nesting; a capability document needs far fewer levels")
}

/// The size of a value.
#[derive(Debug, Clone, Copy)]
struct NodeSize {
    /// The number of values and keys in it, including itself.
    values: usize,
    /// The bytes of its strings and keys.
    bytes: usize,
    /// The levels of lists and objects in it, including itself.
    depth: usize,
}

impl NodeSize {
    /// Adds the size of a value inside a list or an object.
    fn contain(&mut self, inner: Self) {
        self.values += inner.values;
        self.bytes += inner.bytes;
        self.depth = self.depth.max(inner.depth + 1);
    }
}

/// A list or an object that is not complete.
struct OpenNode {
    place: Position,
    anchor: usize,
    flow: bool,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map(Members),
}

#[derive(Default)]
struct Members {
    complete: Vec<Member>,
    /// The key whose value comes next.
    key: Option<(String, Position)>,
    seen: HashSet<String>,
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    /// The lists and objects that are not complete, the innermost last.
    open: Vec<OpenNode>,
    /// The anchored values with their sizes.
    anchors: HashMap<usize, (Node, NodeSize)>,
    documents: usize,
    nodes: usize,
    bytes: usize,
    aliases: usize,
    exact: ExactNumbers,
    /// Whether only the texts of numbers are used, so that different numbers may have the same float.
    as_written: bool,
}

impl Builder {
    /// Processes the next event of the parser.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Diagnostic> {
        let at = place(&span.start);
        match event {
            Event::DocumentStart(..) => self.documents += 1,
            Event::Scalar(text, style, anchor, tag) => {
                let node = Node { place: at, tree: scalar(text.into_owned(), style, tag.as_deref(), at)? };
                self.record_number(&node)?;
                self.keep_anchor(anchor, &node)?;
                self.push(node)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                check_tag(tag.as_deref(), "seq", at)?;
                self.start(at, anchor, style, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(style, anchor, tag) => {
                check_tag(tag.as_deref(), "map", at)?;
                self.start(at, anchor, style, OpenKind::Map(Members::default()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let tree = match open.kind {
                        OpenKind::List(list) => Tree::List(list),
                        OpenKind::Map(members) => Tree::Map(merged(members.complete)?, open.flow),
                    };
                    let node = Node { place: open.place, tree };
                    self.keep_anchor(open.anchor, &node)?;
                    self.push(node)?;
                }
            }
            Event::Alias(anchor) => {
                let node = self.alias(anchor, at)?;
                self.push(node)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn start(
        &mut self,
        place: Position,
        anchor: usize,
        style: StructureStyle,
        kind: OpenKind,
    ) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(place));
        }
        self.open.push(OpenNode { place, anchor, flow: style == StructureStyle::Flow, kind });
        Ok(())
    }

    /// Keeps a value for the aliases of its anchor; 0 means that it has no anchor.
    fn keep_anchor(&mut self, anchor: usize, node: &Node) -> Result<(), Diagnostic> {
        if anchor == 0 {
            return Ok(());
        }
        let size = node.size();
        self.spend(size, node.place)?;
        self.anchors.insert(anchor, (node.clone(), size));
        Ok(())
    }

    /// Counts the values and bytes that an anchor or an alias copies, and checks the limits.
    fn spend(&mut self, size: NodeSize, at: Position) -> Result<(), Diagnostic> {
        self.nodes += size.values;
        self.bytes += size.bytes;
        if self.aliases > MAX_ALIASES || self.bytes > MAX_BYTES {
            let message = match self.aliases {
                0..=MAX_ALIASES => format!("the anchors and aliases expand to more than {MAX_BYTES} bytes"),
                _ => format!("the document has more than {MAX_ALIASES} aliases"),
            };
            return Err(unreadable(at, message).fix("write out the values"));
        }
        self.check_count(at)
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<Node, Diagnostic> {
        self.aliases += 1;
        let Some(&(_, size)) = self.anchors.get(&anchor) else {
            return Err(unreadable(at, "this alias contains itself").fix("write out the values"));
        };
        if self.open.len() + size.depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.spend(size, at)?;
        Ok(self.anchors.get(&anchor).map(|(node, _)| node.clone()).unwrap_or_default())
    }

    /// Records the text of a number that is stored as a float.
    fn record_number(&mut self, node: &Node) -> Result<(), Diagnostic> {
        if !self.as_written
            && let Tree::Scalar(Value::Number(number), text) = &node.tree
            && let Some(float) = number.as_f64().filter(|_| number.is_f64())
            && !self.exact.add(float, text)
        {
            let message = "another number in this document differs from this one only in its last digits";
            return Err(unreadable(node.place, message).fix("write one of the two as a string, in quotes"));
        }
        Ok(())
    }

    fn check_count(&self, at: Position) -> Result<(), Diagnostic> {
        if self.nodes <= MAX_VALUES {
            return Ok(());
        }
        let message = format!("the document has more than {MAX_VALUES} values");
        Err(unreadable(at, message).fix("split it into several capabilities"))
    }

    fn push(&mut self, node: Node) -> Result<(), Diagnostic> {
        self.nodes += 1;
        self.check_count(node.place)?;
        match self.open.last_mut().map(|open| &mut open.kind) {
            Some(OpenKind::List(list)) => list.push(node),
            Some(OpenKind::Map(members)) => members.push(node)?,
            None if self.documents > 1 && node.is_null() => {}
            None if self.documents > 1 => {
                let message = "a second document starts here";
                return Err(unreadable(node.place, message).fix("a file contains one capability; split it at `---`"));
            }
            None => self.root = Some(node),
        }
        Ok(())
    }
}

impl Members {
    fn push(&mut self, node: Node) -> Result<(), Diagnostic> {
        let Some((key, place)) = self.key.take() else {
            let place = node.place;
            let key = key(node)?;
            if !self.seen.insert(key.clone()) {
                let first = self.complete.iter().find(|member| member.key == key).map_or(0, |member| member.place.line);
                let message = format!("the key `{}` is given twice", crate::diagnostic::plain(&key));
                return Err(unreadable(place, message).fix(format!("it is also on line {first}; remove one of them")));
            }
            self.key = Some((key, place));
            return Ok(());
        };
        self.complete.push(Member { key, place, node });
        Ok(())
    }
}

/// Returns the text of a key. In `{{NAME}}` without quotes, the key of the outer object is the object `{NAME}`; it is read as a string.
fn key(node: Node) -> Result<String, Diagnostic> {
    let place = node.place;
    let key = match node.tree {
        Tree::Null => "null".to_owned(),
        Tree::Text(text) | Tree::Scalar(_, text) => text,
        Tree::Map(members, true) => match <[Member; 1]>::try_from(members) {
            Ok([member]) if member.node.is_null() => format!("{{{}}}", member.key),
            _ => return Err(invalid_key(place)),
        },
        _ => return Err(invalid_key(place)),
    };
    if key.len() > MAX_KEY_BYTES {
        let message = format!("this key is longer than {MAX_KEY_BYTES} bytes");
        return Err(unreadable(place, message).fix("keys are names; the text belongs in a value"));
    }
    Ok(key)
}

fn invalid_key(place: Position) -> Diagnostic {
    unreadable(place, "a list or an object cannot be a key").fix("put a string that starts with `{` or `[` in quotes")
}

/// Returns the members of an object, including those that `<<` merges from other objects.
fn merged(members: Vec<Member>) -> Result<Vec<Member>, Diagnostic> {
    if !members.iter().any(|member| member.key == "<<") {
        return Ok(members);
    }
    let (merges, mut own): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| member.key == "<<");
    for member in merges {
        let place = member.node.place;
        let sources = match member.node.tree {
            Tree::List(list) => list,
            tree => vec![Node { place, tree }],
        };
        let mut seen: HashSet<String> = own.iter().map(|member| member.key.clone()).collect();
        for source in sources {
            let Tree::Map(members, _) = source.tree else {
                let message =
                    format!("expected an object for `<<`, found {} (line {})", source.kind(), source.place.line);
                let help = "merge an anchored object: `base: &base {…}`, then `<<: *base`";
                return Err(unreadable(member.place, message).fix(help));
            };
            own.extend(members.into_iter().filter(|member| seen.insert(member.key.clone())));
        }
    }
    Ok(own)
}

/// Converts a scalar to a value. Without a tag, a scalar in quotes or in a block is a string.
fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>, at: Position) -> Result<Tree, Diagnostic> {
    let core = match tag {
        None if style != ScalarStyle::Plain => return Ok(Tree::Text(text)),
        None => "",
        Some(tag) if tag.handle() == "!" && tag.suffix().is_empty() => "str",
        Some(tag) => tag.core_suffix().ok_or_else(|| unknown_tag(tag, at))?,
    };
    if core == "str" {
        return Ok(Tree::Text(text));
    }
    Ok(match plain(&text) {
        Some(Value::Null) => Tree::Null,
        Some(value) => Tree::Scalar(value, text),
        None => Tree::Text(text),
    })
}

/// Checks that a list or an object has no tag, or the tag of the core schema called `core`.
fn check_tag(tag: Option<&Tag>, core: &str, at: Position) -> Result<(), Diagnostic> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(core) => Err(unknown_tag(tag, at)),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &Tag, at: Position) -> Diagnostic {
    let message = format!("unknown tag `{}`", crate::diagnostic::plain(&tag.original()));
    unreadable(at, message).fix("write the value without a tag; for secrets and addresses, use `binds`")
}
