//! What schemas are about: the arguments and the output of an operation, and an argument as a caller gives it.

use super::Check;
use crate::upload::Upload;
use bytes::Bytes;
use naftiko_spec::fragment::Argument;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use std::borrow::Cow;

/// One argument on its way from a caller to a method, or from a method to an upstream: as text in a path, a query, a header
/// or a cookie; as JSON bytes in a body; as a value from a tool call.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ArgumentValue<'a> {
    /// Not sent.
    #[default]
    Absent,
    /// One text.
    Text(Cow<'a, str>),
    /// Several texts, in order.
    Texts(Vec<String>),
    /// JSON that nobody has parsed yet.
    Json(Bytes),
    /// A parsed value.
    Value(Value),
    /// A file.
    Upload(Upload),
    /// It cannot be encoded, for that reason.
    Failed(String),
}

/// One argument that borrows nothing: what adapters hand on.
pub type Given = ArgumentValue<'static>;

impl<'a> ArgumentValue<'a> {
    /// A `&str` that travels as text.
    #[must_use]
    pub fn str(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }

    /// An `Option<&str>` that travels as text.
    #[must_use]
    pub fn opt_str(value: Option<&'a str>) -> Self {
        value.map_or(Self::Absent, Self::str)
    }

    /// A `&str` that is a JSON body.
    #[must_use]
    pub fn json_str(value: &str) -> Self {
        serde_json::to_vec(value).map_or_else(|why| Self::Failed(why.to_string()), |json| Self::Json(json.into()))
    }

    /// An `Option<&str>` that is a JSON body.
    #[must_use]
    pub fn opt_json_str(value: Option<&str>) -> Self {
        value.map_or(Self::Absent, Self::json_str)
    }

    /// A file. What is streamed is not read here.
    #[must_use]
    pub fn upload(file: Upload) -> Self {
        Self::Upload(file)
    }

    /// A file, or none.
    #[must_use]
    pub fn opt_upload(file: Option<Upload>) -> Self {
        file.map_or(Self::Absent, Self::Upload)
    }

    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Given {
        match self {
            Self::Absent => Given::Absent,
            Self::Text(text) => Given::Text(Cow::Owned(text.into_owned())),
            Self::Texts(texts) => Given::Texts(texts),
            Self::Json(json) => Given::Json(json),
            Self::Value(value) => Given::Value(value),
            Self::Upload(file) => Given::Upload(file),
            Self::Failed(why) => Given::Failed(why),
        }
    }

    /// The same without copying its text.
    #[must_use]
    pub fn borrowed(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }
}

impl Given {
    /// Whether it was not sent, or was sent as null.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Absent | Self::Value(Value::Null) => true,
            Self::Json(json) => json.trim_ascii() == b"null",
            _ => false,
        }
    }
}

/// One argument, with its schema.
pub struct Input {
    /// What the document says of it.
    pub(crate) argument: Argument,
    /// Its JSON Schema, as published.
    pub(crate) schema: Value,
    /// What enforces the schema.
    pub(crate) check: Check,
}

/// What an operation gives.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputType {
    /// Nothing, unparsed JSON, or a value.
    pub shape: Shape,
    /// Its JSON Schema.
    pub schema: Value,
}

/// Whether a type is nothing, unparsed JSON, or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `()`.
    Unit,
    /// [`RawJson`](crate::RawJson).
    Raw,
    /// [`Download`](crate::Download).
    File,
    /// [`ContentBlock`](crate::ContentBlock), or a list of them.
    Blocks,
    /// [`PromptMessage`](crate::PromptMessage), or a list of them.
    Messages,
    /// Anything else.
    Value,
}

impl Shape {
    /// Returns whether it is JSON with a schema.
    #[must_use]
    pub fn has_schema(self) -> bool {
        matches!(self, Self::Blocks | Self::Messages | Self::Value)
    }
}

/// The schema of an argument's type: what adapters need to know of an [`ArgumentCodec`](crate::operation::ArgumentCodec).
pub trait InputType: Sync {
    /// The JSON Schema of one value of the type.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// The members that null clears.
    fn clearable(&self) -> Vec<Clearable> {
        Vec::new()
    }

    /// Whether the document has a schema that holds instead.
    fn is_documented(&self) -> bool {
        false
    }
}

/// A member that null clears: the names of all members of its struct, and its own.
pub type Clearable = (&'static [&'static str], &'static str);

/// A status that an error tells apart, what it means, and the schema of what the API answers then.
pub(crate) type StatusType = (u16, &'static str, Option<fn(&mut SchemaGenerator) -> Schema>);

/// The schema of what an operation gives: what adapters need to know of a [`ReturnCodec`](crate::operation::ReturnCodec).
pub trait ReturnType: Sync {
    /// The JSON Schema of a success.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// Whether it is nothing, unparsed JSON, or a value.
    fn shape(&self) -> Shape;

    /// The statuses that its error tells apart.
    fn errors(&self) -> Vec<StatusType> {
        Vec::new()
    }

    /// Whether the document has a schema that holds instead.
    fn is_documented(&self) -> bool {
        false
    }
}
