//! Reads output parameters: named parts of the answer on the consumed side, the shape of the result on the exposed side.

use super::fields::Fields;
use super::json_types::json_type;
use super::keys::ObjectShape;
use super::lists::{ListShape, text_member, with_name};
use super::messages::{describe, type_message};
use super::reader::Reader;
use super::tree::{Member, Node, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::OutputParameter;
use indexmap::IndexMap;

/// The side to which output parameters belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// A consumed operation: `value` is a JSONPath.
    Consumed,
    /// A route, a tool, a function or an MCP resource: `mapping` is a JSONPath, `value` is a constant.
    Exposed,
}

static OUTPUT: ObjectShape = ObjectShape {
    what: "an output parameter",
    keys: &["name", "type", "description", "value", "mapping", "const", "maxLength", "properties", "items"],
    more: &[],
    aliases: &[
        ("mapping", "jsonpath path selector from"),
        ("properties", "fields members children"),
        ("items", "elements item"),
        ("type", "datatype"),
        ("const", "constant"),
        ("name", "key"),
    ],
};

static OUTPUTS: ListShape = ListShape {
    key: "outputParameters",
    entry_keys: &["type", "mapping", "value"],
    named: Some(|member| shorthand(member, true)),
};

/// Returns `id: string` and `id: $.id` as objects, which contain the name if `named`.
fn shorthand(member: Member, named: bool) -> Node {
    let Member { key, place, node } = member;
    let start = node.place;
    let node = match node.tree {
        Tree::Text(text) => {
            let key = if text.trim_start().starts_with('$') { "mapping" } else { "type" };
            Node { place: start, tree: Tree::Map(vec![text_member(key, text, start)], false) }
        }
        tree => Node { place: start, tree },
    };
    if named { with_name("name", Member { key, place, node }) } else { node }
}

impl Reader {
    pub(super) fn outputs_field(&mut self, fields: &mut Fields, side: Side) -> Vec<OutputParameter> {
        self.list_field(fields, &OUTPUTS, |reader, node| reader.output(node, side))
    }

    fn output(&mut self, node: Node, side: Side) -> Option<OutputParameter> {
        let place = node.place;
        let node = match node.tree {
            Tree::Text(text) if text.starts_with('$') => {
                self.repair(RepairKind::OutputShape, place, format!("`{}` read as a `mapping`", plain(&text)));
                Node { place, tree: Tree::Map(vec![text_member("mapping", text, place)], false) }
            }
            Tree::Text(name) if side == Side::Consumed => {
                let message = format!("`{}` read as the output of that name", plain(&name));
                self.repair(RepairKind::OutputShape, place, message);
                let value = text_member("value", member_path(&name), place);
                Node { place, tree: Tree::Map(vec![text_member("name", name, place), value], false) }
            }
            tree => Node { place, tree },
        };
        let mut fields = self.object(node, &OUTPUT)?;
        self.rename_path_key(&mut fields, side);
        let value = self.text_field(&mut fields, "value");
        let mapping = self.text_field(&mut fields, "mapping");
        let properties = self.field(&mut fields, "properties", |reader, node| reader.properties(node, side));
        let items = self.field(&mut fields, "items", |reader, node| reader.output_items(node, side));
        let kind = self.field(&mut fields, "type", |reader, node| reader.output_type(&node));
        let kind = kind.unwrap_or_else(|| {
            let whole = [&value, &mapping].into_iter().flatten().any(|path| matches!(path.trim(), "$" | "$."));
            let kind = match (&properties, &items) {
                (Some(_), _) => "object",
                (_, Some(_)) => "array",
                _ if whole => "object",
                _ => "string",
            };
            let message = format!("an output parameter without a type, read as `{kind}`");
            self.repair_member(RepairKind::OutputShape, "type", place, message);
            kind.to_owned()
        });
        let description = self.text_field(&mut fields, "description");
        if description.is_some() {
            self.keep(RepairKind::DescriptionPlace, place, "the description of an output parameter is kept");
        }
        Some(OutputParameter {
            name: self.text_field(&mut fields, "name"),
            kind,
            description,
            value,
            mapping,
            constant: self.verbatim_field(&mut fields, "const"),
            max_length: self.integer(&mut fields, "maxLength", 0, u64::MAX),
            properties,
            items: items.map(Box::new),
        })
    }

    /// Reads `mapping` on the consumed side as `value`, and a JSONPath in `value` on the exposed side as `mapping`.
    fn rename_path_key(&mut self, fields: &mut Fields, side: Side) {
        let (from, to) = match side {
            Side::Consumed => ("mapping", "value"),
            Side::Exposed => ("value", "mapping"),
        };
        let is_path =
            fields.peek(from).and_then(Node::text).is_some_and(|text| side == Side::Consumed || text.starts_with('$'));
        if is_path
            && !fields.has(to)
            && let Some(member) = fields.take(from)
        {
            let message = format!("`{}` read as `{to}`", plain(&member.key));
            self.repair_renamed(RepairKind::OutputShape, to, &member, message);
            fields.put(to, member);
        }
    }

    fn output_type(&mut self, node: &Node) -> Option<String> {
        let place = node.place;
        let word = match &node.tree {
            Tree::List(list) => list.iter().filter_map(Node::text).find(|word| *word != "null").unwrap_or_default(),
            Tree::Text(word) => word,
            _ => "",
        };
        let is_list = word.ends_with("[]") || word.to_lowercase().starts_with("array<");
        let known = if is_list { Some("array") } else { json_type(word) };
        match known {
            Some(known) if node.text() == Some(known) => {}
            Some(known) => {
                self.repair(RepairKind::TypeName, place, type_message(node, known));
            }
            None => {
                self.repair(RepairKind::TypeName, place, format!("{} is not a type; read as `object`", describe(node)));
                return Some("object".to_owned());
            }
        }
        known.map(str::to_owned)
    }

    fn properties(&mut self, node: Node, side: Side) -> Option<IndexMap<String, OutputParameter>> {
        let (place, kind) = (node.place, node.kind());
        let mut properties = IndexMap::new();
        match node.tree {
            Tree::Map(members, _) => {
                for member in members {
                    let (key, place) = (member.key.clone(), member.place);
                    let output = self.enter(key.clone(), place, |reader| {
                        if let Some(text) = member.node.text() {
                            let message = format!("`{}` read as an output parameter", plain(text));
                            reader.repair(RepairKind::OutputShape, place, message);
                        }
                        let node = shorthand(member, false);
                        if node.is_null() { None } else { reader.output(node, side) }
                    });
                    properties.extend(output.map(|output| (key, output)));
                }
            }
            Tree::List(list) => {
                self.repair(
                    RepairKind::OutputShape,
                    place,
                    "`properties` is a list; read as an object whose keys are the names of its entries",
                );
                for (index, node) in list.into_iter().enumerate() {
                    let name = node.get("name").or(Some(&node)).and_then(Node::text).map(str::to_owned);
                    let Some(name) = name else {
                        self.error(
                            node.place,
                            "a property has no `name`",
                            "write `properties: {NAME: {type: string}}`",
                        );
                        continue;
                    };
                    let (place, node) = (node.place, without_name(node));
                    let output = self.enter_as(name.clone(), index, place, |reader| reader.output(node, side));
                    if let Some(output) = output {
                        self.insert_once(&mut properties, (name, output), place, "properties");
                    }
                }
            }
            _ => {
                let message = format!("expected an object of output parameters for `properties`, found {kind}");
                self.error(place, message, "write `properties: {NAME: {type: string, mapping: $.name}}`");
                return None;
            }
        }
        Some(properties)
    }

    /// Reads the elements of an array. A list with a single entry, unnamed or with `properties`, is that entry; any other list is an
    /// object with its entries as members.
    fn output_items(&mut self, node: Node, side: Side) -> Option<OutputParameter> {
        let place = node.place;
        match node.tree {
            Tree::List(mut list) => {
                let is_single =
                    list.len() == 1 && list.first().is_some_and(|node| !node.has("name") || node.has("properties"));
                if is_single && let Some(node) = list.pop() {
                    self.repair(RepairKind::OutputShape, place, "`items` is a list with one entry; read as that entry");
                    return self.output(without_name(node), side);
                }
                let message = "`items` is a list of names; read as the properties of each element";
                self.repair(RepairKind::OutputShape, place, message);
                let properties = self.properties(Node { place, tree: Tree::List(list) }, side)?;
                Some(OutputParameter {
                    kind: "object".to_owned(),
                    properties: Some(properties),
                    ..OutputParameter::default()
                })
            }
            Tree::Text(text) => {
                let message = format!("`items: {}` read as the type of the elements", plain(&text));
                self.repair(RepairKind::OutputShape, place, message);
                let kind = json_type(&text).unwrap_or("object").to_owned();
                Some(OutputParameter { kind, ..OutputParameter::default() })
            }
            tree => self.output(Node { place, tree }, side),
        }
    }
}

/// Returns an entry without its name; an entry that is only a name has the type `string`.
fn without_name(node: Node) -> Node {
    let place = node.place;
    let tree = match node.tree {
        Tree::Map(mut members, flow) => {
            members.retain(|member| member.key != "name");
            Tree::Map(members, flow)
        }
        Tree::Text(_) => Tree::Map(vec![text_member("type", "string".to_owned(), place)], false),
        tree => tree,
    };
    Node { place, tree }
}

/// Returns the JSONPath of a member.
fn member_path(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        format!("$.{name}")
    } else {
        format!("$['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}
