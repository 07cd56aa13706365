//! Reads the bodies of requests: their type and their template.

use super::keys::folded;
use super::lists::{NamedValue, named_value};
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Member, Node, Position, Tree};
use super::variables::{TemplateContext, holes};
use crate::diagnostic::{RepairKind, plain};
use crate::model::{BodyKind, InputParameter, ParameterIn, RequestBody, Style, TypedBody};
use crate::template::folded as folded_name;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Other spellings of `data`.
const DATA: [&str; 8] = ["content", "template", "value", "body", "payload", "fields", "parts", "text"];

/// The meaning of the `type` of a body.
enum BodyTypeName {
    /// A supported type.
    Kind(BodyKind),
    /// `raw`: a string without a type.
    Raw,
}

/// Returns the body type for a name.
fn body_kind(word: &str) -> Option<BodyTypeName> {
    let word = word.split(';').next().unwrap_or_default();
    Some(BodyTypeName::Kind(match folded(word.trim()).as_str() {
        "json" | "application/json" | "jsonobject" | "object" | "graphql" => BodyKind::Json,
        "form" | "formurlencoded" | "urlencoded" | "xwwwformurlencoded" | "application/xwwwformurlencoded" => {
            BodyKind::FormUrlEncoded
        }
        "multipart" | "multipartform" | "multipartformdata" | "multipart/formdata" | "formdata" => {
            BodyKind::MultipartForm
        }
        "text" | "plain" | "text/plain" | "string" => BodyKind::Text,
        "xml" | "application/xml" | "text/xml" | "soap" => BodyKind::Xml,
        "sparql" | "application/sparqlquery" => BodyKind::Sparql,
        "yaml" | "yml" | "application/yaml" | "application/xyaml" | "text/yaml" => BodyKind::Yaml,
        "binary" | "bytes" | "octetstream" | "application/octetstream" | "file" => BodyKind::Binary,
        "raw" => return Some(BodyTypeName::Raw),
        _ => return None,
    }))
}

/// Returns a type's name in documents.
fn name_of(kind: BodyKind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

fn typed(kind: BodyKind, data: Value) -> RequestBody {
    RequestBody::Typed(TypedBody { kind, data, lists: None })
}

impl Reader {
    /// Reads the body of a consumed operation that has the given parameters.
    pub(super) fn body(&mut self, node: Node, parameters: &[InputParameter]) -> Option<RequestBody> {
        let place = node.place;
        let body = match node.tree {
            Tree::Text(text) => RequestBody::Raw(text),
            Tree::Map(mut members, flow) => {
                let has_lists = |member: &Member| {
                    member.key == "lists" && member.node.text().is_some_and(|word| Style::named(word).is_some())
                };
                let at =
                    members.iter().position(has_lists).filter(|_| members.iter().any(|member| member.key == "type"));
                let lists = at.and_then(|at| self.style(&members.remove(at).node));
                let has_parameters = parameters.iter().any(|parameter| parameter.place == Some(ParameterIn::Body));
                let mut body = self.body_object(members, flow, (place, has_parameters))?;
                if let RequestBody::Typed(typed) = &mut body {
                    typed.lists = lists;
                }
                body
            }
            tree @ Tree::List(_) => {
                self.repair(RepairKind::BodyShape, place, "a body that is a list, read as JSON");
                let data = self.verbatim(Node { place, tree });
                typed(BodyKind::Json, data)
            }
            _ => {
                let help = "write `body: {type: json, data: {…}}`";
                self.error(place, format!("expected `type` and `data` in a body, found {}", describe(&node)), help);
                return None;
            }
        };
        let names = parameters.iter().map(|parameter| folded_name(&parameter.name)).collect();
        match &body {
            RequestBody::Raw(text) => self.record_body_variables(text, place, &names),
            RequestBody::Typed(typed) => self.record_value_variables(&typed.data, place, &names),
        }
        Some(body)
    }

    /// Reads a body that is an object, with or without `type` and `data`. `place` is its location; `has_parameters` is whether parameters
    /// of the operation are sent in the body.
    fn body_object(
        &mut self,
        members: Vec<Member>,
        flow: bool,
        (place, has_parameters): (Position, bool),
    ) -> Option<RequestBody> {
        let find = |key: &str| members.iter().position(|member| member.key.eq_ignore_ascii_case(key));
        let type_at = find("type").or_else(|| find("contentType")).or_else(|| find("mediaType"));
        let data_at = find("data").or_else(|| {
            let other = DATA.iter().find_map(|key| find(key))?;
            // A single key beside the type can only be the data.
            (type_at.is_some() && members.len() == 2).then_some(other)
        });
        let type_node = type_at.and_then(|at| members.get(at)).map(|member| &member.node);
        let type_place = type_node.map_or(place, |node| node.place);
        let word = type_node.and_then(Node::text).map(str::to_owned);
        let known = word.as_deref().and_then(body_kind);
        match (known, data_at) {
            (None, None) => {
                let message = "a body without `data` and without a known `type`, read as the JSON itself";
                self.repair(RepairKind::BodyShape, place, message);
                let data = self.verbatim(Node { place, tree: Tree::Map(members, flow) });
                Some(typed(BodyKind::Json, data))
            }
            (None, Some(_)) if word.is_some() => {
                let message = format!("`{}` is not a type of a body", plain(&word.unwrap_or_default()));
                let help = "the types are `json`, `text`, `xml`, `sparql`, `yaml`, `binary`, `formUrlEncoded` and `multipartForm`";
                self.error(type_place, message, help);
                None
            }
            (None, Some(_)) => {
                let message = "a body without `type`, read as JSON";
                self.repair_member(RepairKind::BodyShape, "type", place, message);
                Some(self.typed(BodyKind::Json, members, (type_at, data_at), (place, has_parameters)))
            }
            (Some(BodyTypeName::Raw), _) => self.raw(members, (type_at, data_at), place),
            (Some(BodyTypeName::Kind(kind)), _) => {
                let word = word.unwrap_or_default();
                if word != name_of(kind) {
                    let message = format!("a body of type `{}`, read as `{}`", plain(&word), name_of(kind));
                    self.repair_member(RepairKind::TypeName, "type", type_place, message);
                }
                Some(self.typed(kind, members, (type_at, data_at), (place, has_parameters)))
            }
        }
    }

    /// Reads a body of type `raw`: a string, or else JSON.
    fn raw(
        &mut self,
        members: Vec<Member>,
        (type_at, data_at): (Option<usize>, Option<usize>),
        place: Position,
    ) -> Option<RequestBody> {
        let mut node = Node::default();
        for (at, member) in members.into_iter().enumerate() {
            if Some(at) == data_at {
                node = member.node;
            } else if Some(at) != type_at {
                self.ignore_key(member, "a body");
            }
        }
        if let Tree::Text(text) = node.tree {
            self.repair(RepairKind::BodyShape, place, "a body of type `raw`, read as its text");
            return Some(RequestBody::Raw(text));
        }
        if node.is_null() {
            self.error(place, "a body of type `raw` has no `data`", "write `body: \"…\"`, the text that is sent");
            return None;
        }
        self.repair(RepairKind::BodyShape, place, "a body of type `raw` that is not text, read as JSON");
        let data = self.verbatim(node);
        Some(typed(BodyKind::Json, data))
    }

    /// Reads a body of a known type from its members; the members at `type_at` and `data_at` are the type and the data.
    fn typed(
        &mut self,
        kind: BodyKind,
        members: Vec<Member>,
        (type_at, data_at): (Option<usize>, Option<usize>),
        (place, has_parameters): (Position, bool),
    ) -> RequestBody {
        let (mut data, mut inline) = (None, Vec::new());
        for (at, member) in members.into_iter().enumerate() {
            if Some(at) == type_at {
                if member.key != "type" {
                    let message = format!("`{}` read as `type`", plain(&member.key));
                    self.repair_renamed(RepairKind::KeySpelling, "type", &member, message);
                }
            } else if Some(at) == data_at {
                if member.key != "data" {
                    let message = format!("`{}` read as `data`", plain(&member.key));
                    self.repair_renamed(RepairKind::KeySpelling, "data", &member, message);
                }
                data = Some(member);
            } else {
                inline.push(member);
            }
        }
        if data.is_some() {
            for member in inline {
                self.ignore_key(member, "a body");
            }
        } else if !inline.is_empty() {
            let message = "a body without `data`: its other keys are read as the data";
            self.repair(RepairKind::BodyShape, place, message);
            let node = Node { place, tree: Tree::Map(inline, false) };
            data = Some(Member { key: "data".to_owned(), place, node });
        }
        let Some(member) = data else {
            if !has_parameters {
                self.keep(RepairKind::BodyData, place, "a body without `data` is sent by the caller");
            }
            return typed(kind, Value::Null);
        };
        let data = self.member("data", member, |reader, node| reader.data_of(kind, node));
        typed(kind, data)
    }

    /// Reads `data`, in the shape that the type requires.
    fn data_of(&mut self, kind: BodyKind, node: Node) -> Value {
        let place = node.place;
        match (kind, node.tree) {
            (BodyKind::MultipartForm, Tree::Map(members, _)) => {
                self.repair(RepairKind::ListShape, place, "the parts of a form by name, read as a list");
                members.into_iter().enumerate().map(|(index, member)| self.part(index, member)).collect()
            }
            (BodyKind::FormUrlEncoded, Tree::List(list))
                if list.iter().all(|node| node.get("name").and_then(Node::text).is_some()) =>
            {
                self.repair(RepairKind::ListShape, place, "the fields of a form as a list, read by name");
                let mut fields: IndexMap<String, Node> = IndexMap::new();
                for (index, node) in list.into_iter().enumerate() {
                    let Some(NamedValue { name, value, others }) = named_value(&node, &["name"], &["value"]) else {
                        continue;
                    };
                    self.enter(index, node.place, |reader| reader.ignore_keys(others, "a field of a form"));
                    let value = value.unwrap_or_default();
                    let Some(first) = fields.get_mut(&name) else {
                        fields.insert(name, value);
                        continue;
                    };
                    // A field that occurs several times is sent several times, as a list is.
                    let more = match value.tree {
                        Tree::List(values) => values,
                        _ => vec![value],
                    };
                    match &mut first.tree {
                        Tree::List(values) => values.extend(more),
                        _ => first.tree = Tree::List([vec![first.clone()], more].concat()),
                    }
                }
                let members = fields.into_iter().map(|(key, node)| Member { key, place: node.place, node }).collect();
                self.verbatim(Node { place, tree: Tree::Map(members, false) })
            }
            (
                BodyKind::Binary | BodyKind::Text | BodyKind::Xml | BodyKind::Sparql | BodyKind::Yaml,
                Tree::Map(members, flow),
            ) => {
                let is_text = |member: &Member| DATA.contains(&member.key.as_str()) && member.node.text().is_some();
                match <[Member; 1]>::try_from(members) {
                    Ok([member]) if is_text(&member) => {
                        let message = format!("`data` is read as the string of its `{}`", plain(&member.key));
                        self.repair(RepairKind::BodyShape, place, message);
                        self.verbatim(member.node)
                    }
                    Ok(members) => self.verbatim(Node { place, tree: Tree::Map(members.into(), flow) }),
                    Err(members) => self.verbatim(Node { place, tree: Tree::Map(members, flow) }),
                }
            }
            (_, tree) => self.verbatim(Node { place, tree }),
        }
    }

    /// Returns a part of a form: `{name, value}` with the other keys of its object.
    fn part(&mut self, index: usize, Member { key: name, place, node }: Member) -> Value {
        self.enter_as(index, name.clone(), place, |reader| {
            if !node.has("value") {
                let value = reader.enter_only("value", place, |reader| reader.verbatim(node));
                return json!({ "name": name, "value": value });
            }
            let mut part = reader.verbatim(node);
            if let Value::Object(part) = &mut part {
                part.insert("name".to_owned(), Value::String(name));
            }
            part
        })
    }

    /// Records the variables of a body. A hole with the name of a parameter is an argument, not a variable. `names` has the folded
    /// names of the parameters.
    fn record_body_variables(&mut self, text: &str, place: Position, names: &HashSet<String>) {
        let is_argument = |name: &str| names.contains(&folded_name(name));
        for hole in holes(text).filter(|hole| !is_argument(hole)) {
            self.record_variables(&format!("{{{{{hole}}}}}"), place, TemplateContext::Template);
        }
    }

    fn record_value_variables(&mut self, value: &Value, place: Position, names: &HashSet<String>) {
        match value {
            Value::String(text) => self.record_body_variables(text, place, names),
            Value::Array(list) => list.iter().for_each(|value| self.record_value_variables(value, place, names)),
            Value::Object(members) => {
                members.values().for_each(|value| self.record_value_variables(value, place, names));
            }
            _ => {}
        }
    }
}
