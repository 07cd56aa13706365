//! Reads `scopes`, `errors` and `examples`, which the specification does not define for operations. Published documents use `errors`
//! and `examples` for other purposes, so a value that does not parse is ignored like an unknown key.

use super::fields::Fields;
use super::messages::describe;
use super::reader::Reader;
use super::tree::{Node, Tree};
use crate::diagnostic::RepairKind;
use crate::model::ErrorAnswer;
use serde_json::Value;

impl Reader {
    /// Reads the `scopes` that a caller needs: a list of strings, or one string in which spaces or commas separate them.
    pub(super) fn scopes(&mut self, fields: &mut Fields) -> Vec<String> {
        let scopes = self.field(fields, "scopes", |reader, node| Some(reader.texts("scopes", node)));
        scopes.iter().flatten().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
    }

    /// Reads `errors` and `examples` of an operation.
    pub(super) fn answers(&mut self, fields: &mut Fields) -> (Vec<ErrorAnswer>, Vec<Value>) {
        let errors = self.field(fields, "errors", |reader, node| Some(reader.errors(node)));
        (errors.unwrap_or_default(), self.examples(fields, None))
    }

    /// Reads `examples`, a list of values of a type.
    pub(super) fn examples(&mut self, fields: &mut Fields, kind: Option<&str>) -> Vec<Value> {
        let examples = self.field(fields, "examples", |reader, node| {
            let Tree::List(examples) = node.tree else {
                let message = format!("expected a list of examples, found {}; ignored", node.kind());
                reader.repair(RepairKind::EmptyValue, node.place, message);
                return None;
            };
            Some(reader.values_of("examples", examples, kind))
        });
        examples.unwrap_or_default()
    }

    fn errors(&mut self, node: Node) -> Vec<ErrorAnswer> {
        let (place, kind) = (node.place, node.kind());
        let Tree::List(list) = node.tree else {
            self.repair(RepairKind::EmptyValue, place, format!("expected a list of errors, found {kind}; ignored"));
            return Vec::new();
        };
        let mut errors: Vec<ErrorAnswer> = Vec::new();
        for (index, node) in list.into_iter().enumerate() {
            let (place, shown) = (node.place, describe(&node));
            let value = self.enter(index, place, |reader| reader.verbatim(node));
            // `- 404` is an error without details.
            let error = value.as_u64().and_then(|status| u16::try_from(status).ok()).map(ErrorAnswer::of);
            let error = error.or_else(|| serde_json::from_value(value).ok());
            match error.filter(|error| (400..=599).contains(&error.status)) {
                Some(error) if errors.iter().all(|known| known.status != error.status) => errors.push(error),
                Some(error) => {
                    let message = format!("the error status {} is given twice; ignored", error.status);
                    self.repair(RepairKind::EmptyValue, place, message);
                }
                None => {
                    let message = format!("expected an error with a `status` from 400 to 599, found {shown}; ignored");
                    self.repair(RepairKind::EmptyValue, place, message);
                }
            }
        }
        errors
    }
}
