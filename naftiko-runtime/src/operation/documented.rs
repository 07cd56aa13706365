//! What stands for a type where a document says what it is, and for a list of a type.

use crate::schema::{Clearable, InputType, ReturnType, Shape};
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
}

/// A list of what that type describes.
pub struct List(pub &'static dyn InputType);

impl InputType for List {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        let items = self.0.schema(generator);
        json_schema!({ "type": "array", "items": items })
    }

    fn clearable(&self) -> Vec<Clearable> {
        self.0.clearable()
    }
}
