//! Reads lists: an array of entries, a single entry, or an object with an entry for each name.

use super::fields::Fields;
use super::reader::Reader;
use super::tree::{Member, Node, Position, Tree};
use crate::diagnostic::{RepairKind, plain};
use indexmap::IndexMap;

/// The accepted forms of a list.
pub(super) struct ListShape {
    /// The key of the list.
    pub(super) key: &'static str,
    /// Keys that distinguish a single entry from an object of named entries; a single entry has at least one of them.
    pub(super) entry_keys: &'static [&'static str],
    /// Turns a named entry into an entry of the list; `None` if entries have no names.
    pub(super) named: Option<fn(Member) -> Node>,
}

/// Returns the maximum number of entries of a list. A list has a limit if each of its entries is compared with many other parts of the
/// document.
fn max_entries(key: &str) -> usize {
    match key {
        "binds" | "exposes" | "callerHeaders" => 100,
        "consumes" | "steps" | "mappings" => 1000,
        _ => usize::MAX,
    }
}

impl ListShape {
    /// Returns whether this member belongs to a single entry, and is not a named entry itself.
    fn is_of_single_entry(&self, member: &Member) -> bool {
        self.entry_keys.contains(&member.key.as_str()) && !matches!(member.node.tree, Tree::Map(..))
    }
}

/// Returns a named entry as an object that contains its name under `key`.
pub(super) fn with_name(key: &'static str, member: Member) -> Node {
    let Member { key: name, place, node } = member;
    let start = node.place;
    match node.tree {
        Tree::Map(mut members, flow) => {
            if !members.iter().any(|member| member.key == key) {
                members.insert(0, text_member(key, name, place));
            }
            Node { place: start, tree: Tree::Map(members, flow) }
        }
        Tree::Null => Node { place, tree: Tree::Map(vec![text_member(key, name, place)], false) },
        tree => Node { place: start, tree },
    }
}

/// Returns a member whose value is a string.
pub(super) fn text_member(key: &str, text: String, place: Position) -> Member {
    Member { key: key.to_owned(), place, node: Node { place, tree: Tree::Text(text) } }
}

/// An entry of a list that has the keys of a name and of a value: `{name: a, value: b}`.
pub(super) struct NamedValue {
    pub(super) name: String,
    pub(super) value: Option<Node>,
    /// Its other members, without their values.
    pub(super) others: Vec<Member>,
}

/// Returns the name and the value of an entry; `None` if it has no name. The name is the value of the first key in `names` that has a
/// string. The value belongs to the first key in `values` that is not null, or else to the first one that is present.
pub(super) fn named_value(node: &Node, names: &[&str], values: &[&str]) -> Option<NamedValue> {
    let members = node.members()?;
    let find = |key: &&str| members.iter().find(|member| member.key == **key);
    let name = names.iter().filter_map(find).find(|member| member.node.text().is_some())?;
    let is_given = |member: &&Member| !member.node.is_null();
    let value = values.iter().filter_map(find).find(is_given).or_else(|| values.iter().find_map(find));
    let is_other = |member: &&Member| member.key != name.key && value.is_none_or(|value| value.key != member.key);
    let without_value =
        |member: &Member| Member { key: member.key.clone(), place: member.place, node: Node::default() };
    Some(NamedValue {
        name: name.node.text().unwrap_or_default().to_owned(),
        value: value.map(|value| value.node.clone()),
        others: members.iter().filter(is_other).map(without_value).collect(),
    })
}

impl Reader {
    /// Returns whether the list `key` with `count` entries may have another one, at `place`; if not, reports that it has too many.
    pub(super) fn has_room(&mut self, key: &str, count: usize, place: Position) -> bool {
        let most = max_entries(key);
        if count >= most {
            let help = "split it into several capabilities";
            self.error(place, format!("`{key}` has more than {most} entries"), help);
        }
        count < most
    }

    /// Adds an entry of the list `key` to an object. A name that the list gives twice is an error.
    pub(super) fn insert_once<T>(
        &mut self,
        entries: &mut IndexMap<String, T>,
        (name, value): (String, T),
        place: Position,
        key: &str,
    ) {
        if entries.contains_key(&name) {
            let message = format!("`{}` is given twice in `{key}`", plain(&name));
            self.error(place, message, "remove one of the two entries");
        } else {
            entries.insert(name, value);
        }
    }

    /// Reads a member that is a list; returns an empty list if it is missing.
    pub(super) fn list_field<T>(
        &mut self,
        fields: &mut Fields,
        shape: &ListShape,
        read: impl FnMut(&mut Self, Node) -> Option<T>,
    ) -> Vec<T> {
        self.field(fields, shape.key, |reader, node| Some(reader.list(shape, node, read))).unwrap_or_default()
    }

    /// Reads the entries of a list, in any of its forms.
    pub(super) fn list<T>(
        &mut self,
        shape: &ListShape,
        node: Node,
        mut read: impl FnMut(&mut Self, Node) -> Option<T>,
    ) -> Vec<T> {
        let (place, kind) = (node.place, node.kind());
        let key = shape.key;
        let mut entries = Vec::new();
        match node.tree {
            Tree::List(list) => {
                for (index, node) in list.into_iter().enumerate() {
                    if !self.has_room(key, index, node.place) {
                        break;
                    }
                    if node.is_null() {
                        let message = format!("an entry of `{key}` has no value; ignored");
                        self.repair_member(RepairKind::EmptyValue, index, node.place, message);
                        continue;
                    }
                    let at = entries.len();
                    entries.extend(self.enter_as(at, index, node.place, |reader| read(reader, node)));
                }
            }
            Tree::Map(members, flow) if members.iter().any(|member| shape.is_of_single_entry(member)) => {
                self.repair(RepairKind::ListShape, place, format!("`{key}` is a single entry; read as a list"));
                let node = Node { place, tree: Tree::Map(members, flow) };
                entries.extend(self.enter_only(0, place, |reader| read(reader, node)));
            }
            Tree::Map(members, _) if shape.named.is_some() => {
                let named = shape.named.unwrap_or(|member| member.node);
                if !members.is_empty() {
                    self.repair(RepairKind::ListShape, place, format!("`{key}` has named entries; read as a list"));
                }
                for (index, member) in members.into_iter().enumerate() {
                    if !self.has_room(key, index, member.place) {
                        break;
                    }
                    let (at, name, place) = (entries.len(), member.key.clone(), member.place);
                    let node = named(member);
                    entries.extend(self.enter_as(at, name, place, |reader| read(reader, node)));
                }
            }
            _ => {
                let help = format!("write each entry on a line of its own after `{key}:`, starting with `- `");
                self.error(place, format!("expected a list for `{key}`, found {kind}"), &help);
            }
        }
        entries
    }

    /// Reads a list of strings; a single scalar is split at its commas.
    pub(super) fn texts(&mut self, key: &'static str, node: Node) -> Vec<String> {
        let (place, kind) = (node.place, node.kind());
        match node.tree {
            Tree::Text(text) | Tree::Scalar(_, text) => {
                self.repair(RepairKind::ListShape, place, format!("`{key}` is {kind}; read as a list"));
                text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
            }
            tree => {
                let shape = ListShape { key, entry_keys: &[], named: None };
                self.list(&shape, Node { place, tree }, |reader, node| reader.text(key, node))
            }
        }
    }
}
