//! Reads the keys of an object: known keys, other spellings of them, and unknown keys.

use super::fields::Fields;
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use crate::diagnostic::{RepairKind, plain};

/// The maximum length of a key for which a similar one is searched, in bytes.
const LONGEST_MISSPELLING: usize = 40;

/// The keys that an object may have.
pub(super) struct ObjectShape {
    /// The name of the object in messages: `a tool`.
    pub(super) what: &'static str,
    /// The keys of the specification and our extensions.
    pub(super) keys: &'static [&'static str],
    /// Keys that are not in the specification, and that the reader translates into specified keys.
    pub(super) more: &'static [&'static str],
    /// Keys with their other spellings, which are [`folded`] and separated by spaces, in addition to [`COMMON_SPELLINGS`].
    pub(super) aliases: &'static [(&'static str, &'static str)],
}

/// The name of `info` in messages. Another spelling of its `label` is a repair of its own (R02).
const INFO: &str = "`info`";

/// Other spellings of keys, in every object that can have the key.
const COMMON_SPELLINGS: &[(&str, &str)] = &[
    ("description", "summary desc"),
    ("label", "title"),
    ("inputParameters", "parameters inputs"),
    ("outputParameters", "outputs"),
    ("authentication", "auth"),
    ("ref", "reference"),
    ("call", "calls"),
];

/// Keys that determine the request. An unknown key that may mean one of these is corrected or reported as an error. It is ignored only
/// if it has no value, or if the object has the intended key with the same value.
const REQUEST_KEYS: &[&str] = &[
    "approval",
    "authentication",
    "baseUri",
    "body",
    "call",
    "callerHeaders",
    "confirm",
    "consumes",
    "data",
    "inputParameters",
    "key",
    "keys",
    "location",
    "method",
    "name",
    "namespace",
    "operations",
    "password",
    "path",
    "placement",
    "ref",
    "resources",
    "steps",
    "token",
    "username",
    "value",
    "with",
    "in",
    "forward",
    "targetNamespace",
    "trustedHeaders",
    "lookupValue",
    "match",
    "index",
];

/// Keys that are common in other formats. In an object that does not define such a key, it is not read as a misspelling of a similar
/// key.
const FOREIGN_KEYS: &[&str] = &[
    "notes",
    "note",
    "format",
    "width",
    "values",
    "patch",
    "paths",
    "names",
    "types",
    "date",
    "keywords",
    "steps",
    "metadata",
    "meta",
    "deprecated",
    "scopes",
    "scope",
    "example",
    "examples",
    "version",
    "summary",
    "operationid",
    "id",
    "schema",
    "required",
    "nullable",
    "minimum",
    "maximum",
    "minlength",
    "maxlength",
    "title",
    "status",
    "category",
    "kind",
    "errors",
    "responses",
    "response",
    "tag",
    "tags",
    "docs",
    "documentation",
    "license",
    "contact",
    "host",
    "hint",
    "hints",
];

/// Returns a key in lower case, without `_`, `-` and spaces.
pub(super) fn folded(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// The likely meaning of an unknown key.
enum Meaning {
    /// Another spelling of this key.
    Key(&'static str),
    /// A misspelling of this key.
    Misspelt(&'static str),
    /// A possible misspelling of several keys. It contains the first of them if that is one of [`REQUEST_KEYS`], otherwise the second.
    Unclear(&'static str),
    /// Not a known key.
    Nothing,
}

impl Reader {
    /// Reads the members of an object under their names in the specification; reports a value that is not an object.
    pub(super) fn object(&mut self, node: Node, shape: &ObjectShape) -> Option<Fields> {
        let place = node.place;
        let kind = node.kind();
        let Tree::Map(members, _) = node.tree else {
            let help = format!("write its keys: {}", listed(shape.keys));
            self.error(place, format!("expected an object for {}, found {kind}", shape.what), &help);
            return None;
        };
        let mut fields = self.fields(place, shape.what);
        let mut unknown = Vec::new();
        for member in members {
            match shape.keys.iter().chain(shape.more).find(|known| **known == member.key) {
                Some(_) if member.node.is_null() => self.empty(member),
                Some(known) => fields.put(known, member),
                None => unknown.push(member),
            }
        }
        for member in unknown {
            self.unknown_key(&mut fields, member, shape);
        }
        Some(fields)
    }

    /// Reports a member without a value, which is ignored.
    pub(super) fn empty(&mut self, member: Member) {
        let message = format!("`{}` has no value; ignored", plain(&member.key));
        self.repair_member(RepairKind::EmptyValue, member.key, member.place, message);
    }

    /// Reads an unknown key as the key that it means, ignores it, or reports an error if it may change the request.
    fn unknown_key(&mut self, fields: &mut Fields, member: Member, shape: &ObjectShape) {
        let shown = plain(&member.key);
        let is_set = |key: &str| fields.peek(key).is_some();
        match meaning(&member, shape) {
            Meaning::Key(key) | Meaning::Misspelt(key) if member.node.is_null() && !is_set(key) => self.empty(member),
            Meaning::Key(key) if !is_set(key) => self.rename(fields, member, key, shape),
            Meaning::Misspelt(key) if !is_set(key) && fits(key, &member.node) => {
                self.rename(fields, member, key, shape);
            }
            Meaning::Key(key) if fields.peek(key).is_some_and(|other| same(other, &member.node)) => {
                self.drop_key(member, shape, Some(key));
            }
            Meaning::Key(key) | Meaning::Misspelt(key) | Meaning::Unclear(key) if REQUEST_KEYS.contains(&key) => {
                let (message, help) = if is_set(key) {
                    let message = format!("`{shown}` and `{key}` are both present, and may mean the same thing");
                    (message, format!("keep one of them, as `{key}`"))
                } else {
                    let message = format!(
                        "unknown key `{shown}` in {}; it may mean `{key}`, which changes the request",
                        shape.what
                    );
                    (message, format!("write `{key}`, or remove it; the keys are {}", listed(shape.keys)))
                };
                self.error(member.place, message, &help);
            }
            _ => self.drop_key(member, shape, None),
        }
    }

    fn rename(&mut self, fields: &mut Fields, member: Member, key: &'static str, shape: &ObjectShape) {
        let in_info = shape.what == INFO;
        let kind = if key == "label" && in_info { RepairKind::InfoLabel } else { RepairKind::KeySpelling };
        // Keys of `more` are reported when they are translated.
        if !shape.more.contains(&key) {
            let message = format!("`{}` read as `{key}`", plain(&member.key));
            self.repair_renamed(kind, key, &member, message);
        }
        fields.put(key, member);
    }

    /// Reports a key of the current part that is not in the specification and is ignored; messages call the part `what`.
    pub(super) fn ignore_key(&mut self, member: Member, what: &str) {
        let message = format!("unknown key `{}` in {what}, ignored", plain(&member.key));
        self.repair_member(RepairKind::UnknownKey, member.key, member.place, message);
    }

    /// Reports keys as [`Self::ignore_key`] does.
    pub(super) fn ignore_keys(&mut self, members: Vec<Member>, what: &str) {
        for member in members {
            self.ignore_key(member, what);
        }
    }

    /// Reports a key that is ignored; `twin` is the key with the same meaning and value, if the object has one.
    fn drop_key(&mut self, member: Member, shape: &ObjectShape, twin: Option<&str>) {
        let Some(twin) = twin else { return self.ignore_key(member, shape.what) };
        let message = format!("`{}` means the same as `{twin}`, which is also set; ignored", plain(&member.key));
        self.repair_member(RepairKind::UnknownKey, member.key, member.place, message);
    }
}

/// Formats a list of keys for a message.
pub(super) fn listed(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// Returns whether `spellings` contains a folded key.
pub(super) fn is_among(key: &str, spellings: &str) -> bool {
    spellings.split(' ').any(|spelling| spelling == key)
}

/// Returns the likely meaning of a key that is not among the keys of `shape`.
fn meaning(member: &Member, shape: &ObjectShape) -> Meaning {
    let key = folded(&member.key);
    if member.key.starts_with("x-") || member.key.starts_with("X-") {
        return Meaning::Nothing;
    }
    let everywhere = COMMON_SPELLINGS.iter().filter(|(known, _)| shape.keys.contains(known));
    if let Some((known, _)) = shape.aliases.iter().chain(everywhere).find(|(_, others)| is_among(&key, others)) {
        return Meaning::Key(known);
    }
    if let Some(known) = shape.keys.iter().chain(shape.more).find(|known| folded(known) == key) {
        return Meaning::Key(known);
    }
    if FOREIGN_KEYS.contains(&key.as_str()) || key.len() > LONGEST_MISSPELLING {
        return Meaning::Nothing;
    }
    let near = |known: &&&'static str| {
        let known = folded(known);
        let max_distance = match known.len() {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        max_distance > 0 && strsim::damerau_levenshtein(&known, &key) <= max_distance
    };
    let mut candidates = shape.keys.iter().filter(near);
    match (candidates.next(), candidates.next()) {
        (None, _) => Meaning::Nothing,
        (Some(only), None) => Meaning::Misspelt(only),
        (Some(first), Some(second)) => Meaning::Unclear(if REQUEST_KEYS.contains(first) { first } else { second }),
    }
}

/// Returns whether a value can be the value of a key, judged by its shape: a list cannot be a `path`.
fn fits(key: &str, node: &Node) -> bool {
    match key {
        "body" | "data" | "value" | "default" | "const" | "cache" => true,
        "with" | "authentication" | "keys" | "inputParameters" | "outputParameters" | "resources" | "operations"
        | "tools" | "steps" | "mappings" | "consumes" | "exposes" | "binds" | "aggregates" | "functions"
        | "capability" | "info" | "properties" | "items" | "hints" | "forward" | "semantics" | "tags"
        | "stakeholders" | "trustedHeaders" | "noneOn" | "responseHeaders" | "callerHeaders" | "errors"
        | "examples" | "resilience" | "enum" | "skills" | "prompts" => {
            matches!(node.tree, Tree::List(_) | Tree::Map(..))
        }
        _ => matches!(node.tree, Tree::Text(_) | Tree::Scalar(..)),
    }
}

/// Returns whether two values are the same scalar, or both null.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.tree, &other.tree) {
        (Tree::Text(one) | Tree::Scalar(_, one), Tree::Text(other) | Tree::Scalar(_, other)) => one == other,
        (Tree::Null, Tree::Null) => true,
        _ => false,
    }
}
