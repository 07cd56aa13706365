//! Reads `binds`: variables and their sources.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, NamedValue, named_value, text_member};
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::Bind;
use indexmap::IndexMap;

static BIND: ObjectShape = ObjectShape {
    what: "a bind",
    keys: &["namespace", "description", "location", "keys"],
    more: &[],
    aliases: &[("namespace", "name"), ("location", "uri path file"), ("keys", "variables vars values secrets")],
};

static BINDS: ListShape =
    ListShape { key: "binds", entry_keys: &["namespace", "keys", "location"], named: Some(by_namespace) };

/// Turns `env: {KEY: KEY}`, `env: [KEY]` and `env: {keys: …}` into an entry of the list.
fn by_namespace(member: Member) -> Node {
    let Member { key, place, node } = member;
    let mut members = vec![text_member("namespace", key, place)];
    match node.tree {
        Tree::Map(own, _) if own.iter().any(|member| BIND.keys.contains(&member.key.as_str())) => members.extend(own),
        _ => members.push(Member { key: "keys".to_owned(), place, node }),
    }
    Node { place, tree: Tree::Map(members, false) }
}

impl Reader {
    pub(super) fn binds(&mut self, fields: &mut Fields) -> Vec<Bind> {
        let binds = self.list_field(fields, &BINDS, Self::bind);
        for bind in &binds {
            for name in bind.keys.keys() {
                self.declared.insert(name.clone());
                self.declared.insert(format!("{}.{name}", bind.namespace));
            }
        }
        binds
    }

    fn bind(&mut self, node: Node) -> Option<Bind> {
        let mut fields = self.object(node, &BIND)?;
        let location = self.text_field(&mut fields, "location");
        let namespace = if fields.has("namespace") {
            self.text_field(&mut fields, "namespace")?
        } else if location.is_none() {
            let message = "a bind without a namespace, read as `env`, the environment";
            self.repair_member(RepairKind::MissingName, "namespace", fields.place, message);
            "env".to_owned()
        } else {
            self.error(fields.place, "a bind has no `namespace`", "write `namespace: NAME` for `{{NAME.KEY}}`");
            return None;
        };
        Some(Bind {
            namespace,
            description: self.text_field(&mut fields, "description"),
            location,
            keys: self.field(&mut fields, "keys", |reader, node| Some(reader.keys(node))).unwrap_or_default(),
        })
    }

    /// Reads the names of variables, each with its name at the source.
    fn keys(&mut self, node: Node) -> IndexMap<String, String> {
        let (place, kind) = (node.place, node.kind());
        let mut keys = IndexMap::new();
        match node.tree {
            Tree::Map(members, _) => {
                for Member { key, place, node } in members {
                    let source = self.enter(key.clone(), place, |reader| reader.source(&key, node));
                    keys.extend(source.map(|source| (key, source)));
                }
            }
            Tree::List(list) => {
                self.repair(
                    RepairKind::ListShape,
                    place,
                    "`keys` is a list; an entry without a name at the source is read under its own name",
                );
                for (index, node) in list.into_iter().enumerate() {
                    let place = node.place;
                    let found = describe(&node);
                    let Some(NamedValue { name, value, others }) = listed_key(node) else {
                        let message = format!("expected the name of a variable, found {found}");
                        self.error(place, message, "write `KEY: NAME_AT_THE_SOURCE` for each");
                        continue;
                    };
                    let source = self.enter_as(name.clone(), index, place, |reader| {
                        reader.ignore_keys(others, "an entry of `keys`");
                        match value.filter(|node| !node.is_null()) {
                            Some(node) => reader.source(&name, node),
                            None => Some(name.clone()),
                        }
                    });
                    if let Some(source) = source {
                        self.insert_once(&mut keys, (name, source), place, "keys");
                    }
                }
            }
            Tree::Text(name) => {
                self.repair(RepairKind::ListShape, place, "`keys` is a string; read as one variable of this name");
                keys.insert(name.clone(), name);
            }
            _ => {
                let message = format!("expected an object of names for `keys`, found {kind}");
                self.error(place, message, "write `KEY: NAME_AT_THE_SOURCE` for each");
            }
        }
        keys
    }

    fn source(&mut self, key: &str, node: Node) -> Option<String> {
        let place = node.place;
        if node.is_null() {
            let message = format!("`{}` has no name at the source; read under its own name", plain(key));
            self.repair(RepairKind::ScalarType, place, message);
            return Some(key.to_owned());
        }
        let source = self.text(key, node)?;
        let name = bare(&source);
        if name != source {
            let message = format!("`{}` read as the name `{}`", plain(&source), plain(name));
            self.repair(RepairKind::VariableSpelling, place, message);
        }
        Some(name.to_owned())
    }
}

/// Returns the name in `${NAME}`, `$NAME`, `{{NAME}}` and `{{env.NAME}}`.
fn bare(source: &str) -> &str {
    let inside = source.trim();
    let inside = inside
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| inside.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")))
        .or_else(|| inside.strip_prefix('$'))
        .map(|name| name.trim().trim_start_matches("env."));
    inside.filter(|name| !name.is_empty()).unwrap_or(source)
}

/// Returns a variable's name and its name at the source, from a list entry: `KEY`, `KEY: NAME` or `{name: KEY, value: NAME}`.
fn listed_key(node: Node) -> Option<NamedValue> {
    if let Some(entry) = named_value(&node, &["name", "key"], &["value", "from", "env", "source"]) {
        return Some(entry);
    }
    let (name, value) = match node.tree {
        Tree::Text(name) => (name, None),
        Tree::Map(members, _) => {
            let [member] = <[Member; 1]>::try_from(members).ok()?;
            (member.key, Some(member.node))
        }
        _ => return None,
    };
    Some(NamedValue { name, value, others: Vec::new() })
}
