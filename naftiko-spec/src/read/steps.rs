//! Reads the parts that operations, tools, functions and MCP resources share: calls, the sources of values, steps and mappings.

use super::fields::Fields;
use super::keys::ObjectShape;
use super::lists::{ListShape, NamedValue, named_value, with_name};
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Member, Node, Position, Tree};
use super::variables::{TemplateContext, is_name};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{Mapping, Step};
use indexmap::IndexMap;
use serde_json::Value;

static STEP: ObjectShape = ObjectShape {
    what: "a step",
    keys: &["type", "name", "call", "with", "index", "match", "lookupValue", "outputParameters"],
    more: &[],
    aliases: &[("name", "id"), ("call", "operation"), ("with", "parameters"), ("lookupValue", "lookup")],
};

pub(super) static STEPS: ListShape = ListShape {
    key: "steps",
    entry_keys: &["type", "call", "lookupValue"],
    named: Some(|member| with_name("name", member)),
};

static MAPPING: ObjectShape = ObjectShape {
    what: "a mapping",
    keys: &["targetName", "value"],
    more: &[],
    aliases: &[("targetName", "target name to"), ("value", "source from")],
};

pub(super) static MAPPINGS: ListShape =
    ListShape { key: "mappings", entry_keys: &["targetName", "target"], named: Some(mapping_by_name) };

/// Turns `name: $.step.member` into an entry of the list.
fn mapping_by_name(member: Member) -> Node {
    let Member { key, place, node } = member;
    let tree = match node.tree {
        tree @ (Tree::Text(_) | Tree::Scalar(..)) => {
            let value = Member { key: "value".to_owned(), place: node.place, node: Node { place: node.place, tree } };
            Tree::Map(vec![value], false)
        }
        tree => tree,
    };
    with_name("targetName", Member { key, place, node: Node { place, tree } })
}

impl Reader {
    /// Reads a reference: `NAMESPACE.OPERATION` or `NAMESPACE.FUNCTION`.
    pub(super) fn reference(&mut self, fields: &mut Fields, key: &'static str) -> Option<String> {
        self.field(fields, key, |reader, node| {
            let place = node.place;
            if let (Some(namespace), Some(operation)) = (
                node.get("namespace").and_then(Node::text),
                node.get("operation").or_else(|| node.get("name")).and_then(Node::text),
            ) {
                let reference = format!("{namespace}.{operation}");
                let message = format!("`{key}` is an object; read as `{}`", plain(&reference));
                reader.repair(RepairKind::Reference, place, message);
                let used = ["namespace", if node.has("operation") { "operation" } else { "name" }];
                if let Tree::Map(members, _) = node.tree {
                    let others = members.into_iter().filter(|member| !used.contains(&member.key.as_str()));
                    reader.ignore_keys(others.collect(), &format!("`{key}`"));
                }
                return Some(reference);
            }
            let reference = reader.text(key, node)?;
            let trimmed = reference.trim();
            if trimmed != reference {
                reader.repair(RepairKind::Reference, place, format!("spaces around `{}` removed", plain(trimmed)));
            }
            Some(trimmed.to_owned())
        })
    }

    /// Reads `with`: the sources of the called operation's parameters.
    pub(super) fn with(&mut self, fields: &mut Fields) -> IndexMap<String, Value> {
        self.field(fields, "with", |reader, node| Some(reader.with_map(node))).unwrap_or_default()
    }

    fn with_map(&mut self, node: Node) -> IndexMap<String, Value> {
        let place = node.place;
        let mut with = IndexMap::new();
        match node.tree {
            Tree::Map(members, _) => {
                for Member { key, place, node } in members {
                    let value = self.enter(key.clone(), place, |reader| reader.with_value(&key, place, node));
                    with.extend(value.map(|value| (key, value)));
                }
            }
            Tree::List(list) => {
                self.repair(
                    RepairKind::ListShape,
                    place,
                    "`with` is a list; read as an object whose keys are the names of its entries",
                );
                for (index, node) in list.into_iter().enumerate() {
                    self.with_entry(index, node, &mut with);
                }
            }
            tree => {
                // A value without a parameter name cannot be sent; lowering leaves out the operation.
                let found = describe(&Node { place, tree: tree.clone() });
                let message = format!("expected an object for `with`, found {found}, which names no parameter");
                self.repair(RepairKind::WithValue, place, message);
                with.insert(String::new(), self.verbatim(Node { place, tree }));
            }
        }
        with
    }

    /// Reads an entry of a `with` that is a list: `{name: k, value: v}`, `{k: v}`, `rest.k` or `k`.
    fn with_entry(&mut self, index: usize, node: Node, with: &mut IndexMap<String, Value>) {
        let place = node.place;
        let entry = named_value(&node, &["name", "key", "target", "param"], &["value", "from", "source", "mapping"]);
        let has_name = entry.is_some();
        if let Some(NamedValue { name, value: Some(value), others }) = entry {
            let value = self.enter_as(name.clone(), index, place, |reader| {
                reader.ignore_keys(others, "an entry of `with`");
                reader.with_value(&name, place, value)
            });
            if let Some(value) = value {
                self.insert_once(with, (name, value), place, "with");
            }
            return;
        }
        match node.tree {
            Tree::Map(members, _) if !has_name => {
                for Member { key, place, node } in members {
                    let value = self.enter(key.clone(), place, |reader| reader.with_value(&key, place, node));
                    if let Some(value) = value {
                        self.insert_once(with, (key, value), place, "with");
                    }
                }
            }
            Tree::Text(word) if word.split('.').all(is_name) => {
                let name = word.split_once('.').map_or(word.as_str(), |(_, name)| name);
                let value = if name == word { format!("{}.{word}", self.caller) } else { word.clone() };
                self.insert_once(with, (name.to_owned(), value.into()), place, "with");
            }
            tree => {
                let message =
                    format!("an entry of `with` lacks a name or a value: found {}", describe(&Node { place, tree }));
                self.error(place, message, "write `with: {NAME: rest.NAME}` for a route, `tools.NAME` for a tool");
            }
        }
    }

    /// Reads the value of a key of `with`; `None` if it is null.
    fn with_value(&mut self, key: &str, place: Position, node: Node) -> Option<Value> {
        match &node.tree {
            Tree::Text(text) => match text.trim().strip_prefix("env.") {
                Some(name) if is_name(name) => {
                    self.record_variables(&format!("{{{{env.{name}}}}}"), node.place, TemplateContext::Template);
                }
                _ => self.record_variables(text, node.place, TemplateContext::Template),
            },
            Tree::Scalar(Value::Number(_), _) => {}
            Tree::Null => {
                self.repair(RepairKind::EmptyValue, place, format!("`{}` has no value; ignored", plain(key)));
                return None;
            }
            _ => {
                let message = format!("the value of `{}` is {}; kept", plain(key), node.kind());
                self.keep(RepairKind::WithValue, node.place, message);
            }
        }
        Some(self.verbatim(node))
    }

    pub(super) fn step(&mut self, node: Node) -> Option<Step> {
        let place = node.place;
        let written_type = node.get("type").and_then(Node::text).map(str::to_lowercase);
        let is_script = written_type.as_deref() == Some("script") || written_type.is_none() && node.has("file");
        if is_script && let Value::Object(mut keys) = self.verbatim(node.clone()) {
            // Scripts are not run. The other keys are kept, so that a rule can report the step.
            if keys.remove("type").as_ref().and_then(Value::as_str) != Some("script") {
                self.repair_member(RepairKind::TypeName, "type", place, "a step with a file, read as a `script`");
            }
            return Some(Step::Script(keys));
        }
        let mut fields = self.object(node, &STEP)?;
        let is_lookup = fields.has("lookupValue") || fields.has("index");
        let kind = fields.take("type");
        let word = kind.as_ref().and_then(|member| member.node.text()).unwrap_or_default();
        let (expected, what) =
            if is_lookup { ("lookup", "a step of type `lookup`") } else { ("call", "a step of type `call`") };
        fields.what = what;
        if word != expected {
            if is_lookup
                && fields.has("call")
                && !word.eq_ignore_ascii_case("call")
                && !word.eq_ignore_ascii_case("lookup")
            {
                let message = "a step has the keys of a call and of a lookup";
                self.error(place, message, "write `type: call` or `type: lookup`, and remove the keys of the other");
                return None;
            }
            if ["call", "lookup"].iter().any(|other| word.eq_ignore_ascii_case(other) && *other != expected) {
                let (message, help) = if is_lookup {
                    (
                        "a step of type `call` has the keys of a lookup",
                        "write `type: lookup`, or remove `index` and `lookupValue`",
                    )
                } else {
                    ("a step of type `lookup` has neither `index` nor `lookupValue`", "write both, or `type: call`")
                };
                self.error(place, message, help);
                return None;
            }
            if !word.is_empty()
                && !word.eq_ignore_ascii_case(expected)
                && !matches!(word, "operation" | "http" | "request")
            {
                let message = format!("a step of type `{}` cannot be run", plain(word));
                self.error(place, message, "write `type: call` or `type: lookup`");
                return None;
            }
            let message = match word {
                "" => format!("a step without a type, read as a `{expected}`"),
                word => format!("a step of type `{}`, read as a `{expected}`", plain(word)),
            };
            self.repair_member(RepairKind::TypeName, "type", place, message);
        }
        let name = self.required(&mut fields, "name", "a step", "write `name: NAME`; mappings refer to it: `$.NAME`");
        if is_lookup {
            let help = "a lookup has `index` (the step whose result is searched), `match`, `lookupValue` and `outputParameters`";
            return Some(Step::Lookup {
                index: self.required(&mut fields, "index", "a lookup", help)?,
                key: self.required(&mut fields, "match", "a lookup", help)?,
                lookup_value: self.required(&mut fields, "lookupValue", "a lookup", help)?,
                output_parameters: self
                    .field(&mut fields, "outputParameters", |reader, node| Some(reader.names(node)))
                    .unwrap_or_default(),
                name: name?,
            });
        }
        if !fields.has("call") {
            self.error(place, "a step has no `call`", "write `call: NAMESPACE.OPERATION`");
            return None;
        }
        Some(Step::Call { call: self.reference(&mut fields, "call")?, with: self.with(&mut fields), name: name? })
    }

    /// Reads a list of names, or of objects with names.
    fn names(&mut self, node: Node) -> Vec<String> {
        let place = node.place;
        let Tree::List(list) = node.tree else { return self.texts("outputParameters", node) };
        let has_name = |node: &Node| node.get("name").and_then(Node::text).is_some();
        if !list.iter().any(has_name) {
            return self.texts("outputParameters", Node { place, tree: Tree::List(list) });
        }
        self.repair(RepairKind::OutputShape, place, "the outputs of a lookup are objects; each is read as its `name`");
        // Entries that have no name are reported, as in a list of texts.
        let names = list.into_iter().map(|node| node.get("name").cloned().unwrap_or(node)).collect();
        self.texts("outputParameters", Node { place, tree: Tree::List(names) })
    }

    pub(super) fn mapping(&mut self, node: Node) -> Option<Mapping> {
        let mut fields = self.object(node, &MAPPING)?;
        let help = "write `{targetName: NAME, value: $.STEP.MEMBER}`";
        let target_name = self.required(&mut fields, "targetName", "a mapping", help);
        let value = self.required(&mut fields, "value", "a mapping", help);
        Some(Mapping { target_name: target_name?, value: value? })
    }
}
