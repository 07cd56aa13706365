//! Reads parameters whose location follows from the key of their list: `headers: …`, `queryParameters: …`.

use super::fields::Fields;
use super::json_types::json_type;
use super::lists::{text_member, with_name};
use super::parameters::ParameterContext;
use super::reader::Reader;
use super::tree::{Member, Node, Position, Tree};
use crate::diagnostic::{RepairKind, plain};
use crate::model::InputParameter;

impl Reader {
    /// Reads `headers: {NAME: VALUE}` as header parameters, usually with constant values.
    pub(super) fn headers(&mut self, fields: &mut Fields, parameters: &mut Vec<InputParameter>) {
        self.placed(fields, "headers", "header", parameters);
    }

    /// Reads `queryParameters: …` and similar lists as parameters with that location.
    pub(super) fn placed(
        &mut self,
        fields: &mut Fields,
        key: &'static str,
        place: &'static str,
        parameters: &mut Vec<InputParameter>,
    ) {
        let Some(Member { key: written, place: at, node }) = fields.take(key) else { return };
        let kind = node.kind();
        let entries: Vec<(String, Position, Node)> = match node.tree {
            Tree::Map(members, _) => members
                .into_iter()
                .map(|member| (member.key.clone(), member.place, member))
                .map(|(name, at, member)| (name, at, value_or_parameter(member, place)))
                .collect(),
            Tree::List(list) => {
                list.into_iter().enumerate().map(|(index, node)| (index.to_string(), node.place, node)).collect()
            }
            _ => {
                let message =
                    format!("expected an object of {place} parameters for `{}`, found {kind}", plain(&written));
                return self.error(at, message, "write `inputParameters` with `name` and `in` for each");
            }
        };
        let message = format!("`{}` read as `inputParameters` in the {place}", plain(&written));
        self.repair_renamed(
            RepairKind::KeySpelling,
            "inputParameters",
            &Member { key: written.clone(), place: at, node: Node::default() },
            message,
        );
        let context = ParameterContext::placed(place);
        for (name, at, node) in entries {
            let index = parameters.len();
            let parameter = self.enter_as("inputParameters", written.clone(), at, |reader| {
                reader.enter_as(index, name, at, |reader| reader.parameter(node, &context))
            });
            parameters.extend(parameter);
        }
    }
}

/// Turns an entry into a parameter: `X-Version: "2"` has a constant value; `limit: {type: integer}`, `limit: tools.limit` and, except in
/// `headers`, `limit: integer` are arguments of the caller. In `pathParameters`, any other string is a description.
fn value_or_parameter(member: Member, place: &str) -> Node {
    let start = member.place;
    let from_caller = member.node.text().is_some_and(|text| text.starts_with("tools.") || text.starts_with("rest."));
    let is_type = place != "header" && member.node.text().is_some_and(|text| json_type(text).is_some());
    let name = text_member("name", member.key.clone(), start);
    match &member.node.tree {
        Tree::Text(_) | Tree::Scalar(..) if from_caller => Node { place: start, tree: Tree::Map(vec![name], false) },
        Tree::Text(_) | Tree::Scalar(..) if place != "path" || is_type => {
            let key = if is_type { "type" } else { "value" };
            let value = Member { key: key.to_owned(), place: start, node: member.node };
            Node { place: start, tree: Tree::Map(vec![name, value], false) }
        }
        Tree::Text(_) => {
            let description = Member { key: "description".to_owned(), place: start, node: member.node };
            Node { place: start, tree: Tree::Map(vec![name, description], false) }
        }
        _ => with_name("name", member),
    }
}
