//! What stands for a type where a document says what it is, and for a list of a type.

use super::arguments::{ArgumentValue, Arguments};
use super::input::InputType;
use super::ret::{Answered, Content, ReturnType, Shape, Want};
use crate::error::{Error, Result};
use bytes::Bytes;
use naftiko_spec::fragment::Argument;
use schemars::{Schema, SchemaGenerator, json_schema};

/// An argument or an output that the document has the schema of.
pub struct AsDocumented;

/// An argument or an output that the document has the schema of.
pub static AS_DOCUMENTED: AsDocumented = AsDocumented;

impl InputType for AsDocumented {
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }

    fn is_documented(&self) -> bool {
        true
    }
}

impl ReturnType for AsDocumented {
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }

    fn shape(&self) -> Shape {
        Shape::Raw
    }

    fn is_documented(&self) -> bool {
        true
    }

    fn relay(&self, answered: Answered<'_>, _: Want) -> Result<Result<Content>, serde_json::Error> {
        Ok(match answered {
            Answered::Json(json) => Ok(Content::Json(Bytes::copy_from_slice(json))),
            Answered::Raw(raw) => Ok(raw.into_content()),
            Answered::Error(error) => Err::<Content, Error>(error),
        })
    }
}

/// A list of what that type describes.
pub struct List(pub &'static dyn InputType);

impl InputType for List {
    fn relay<'a>(&self, arguments: &'a Arguments, index: usize, described: &Argument) -> Result<ArgumentValue<'a>> {
        let many = Argument { many: true, ..described.clone() };
        self.0.relay(arguments, index, &many)
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let items = self.0.schema(generator);
        json_schema!({ "type": "array", "items": items })
    }
}
