//! Placeholder types for arguments and results whose schema is in the document, and the type of lists.

use super::Arguments;
use super::answered::{Answered, Head};
use super::outcome::{Content, Output};
use super::relay::RelayArgument;
use super::ret::RelayReturn;
use crate::error::{Error, Result};
use crate::schema::{ArgumentValue, Declared, InputType, ReturnType, Shape};
use bytes::Bytes;
use naftiko_spec::fragment::Argument;
use schemars::{Schema, SchemaGenerator, json_schema};

/// An argument or a result whose schema is in the document.
pub struct AsDocumented;

/// The only instance of [`AsDocumented`].
pub static AS_DOCUMENTED: AsDocumented = AsDocumented;

impl InputType for AsDocumented {
    fn schema(&self, _: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }

    fn has_document_schema(&self) -> bool {
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

    fn has_document_schema(&self) -> bool {
        true
    }
}

/// A list of the given type.
pub struct List(pub &'static dyn RelayArgument);

impl InputType for List {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let items = self.0.schema(generator);
        json_schema!({ "type": "array", "items": items })
    }

    fn declared(&self) -> Declared {
        self.0.declared()
    }
}

impl RelayArgument for AsDocumented {}

impl RelayReturn for AsDocumented {
    fn relay(&self, answered: Answered<'_>, _: Head) -> Result<Result<Output>, serde_json::Error> {
        Ok(Ok(Output::from(match answered {
            Answered::Json(json) => Content::Json(Bytes::copy_from_slice(json)),
            Answered::Raw(raw) => raw.into_content(),
            Answered::File(file) => Content::Download(file),
            Answered::Items(items) => Content::Items(items),
        })))
    }

    fn refuse(&self, error: Error) -> Error {
        error
    }
}

impl RelayArgument for List {
    fn relay<'a>(&self, arguments: &'a Arguments, index: usize, described: &Argument) -> Result<ArgumentValue<'a>> {
        let many = Argument { many: true, ..described.clone() };
        self.0.relay(arguments, index, &many)
    }
}
