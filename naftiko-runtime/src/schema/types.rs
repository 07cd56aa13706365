//! The types of arguments and results, with their schemas, and the arguments as callers give them.

use super::order::Order;
use super::validator::SchemaValidator;
use crate::error::Result;
use crate::upload::Upload;
use bytes::Bytes;
use naftiko_spec::fragment::Argument;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use std::borrow::Cow;

/// One argument on its way from a caller to a method, or from a method to an upstream: text in a path, a query, a
/// header or a cookie; JSON bytes in a body or a tool call; a parsed value, such as one from a form; or a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ArgumentValue<'a> {
    /// Not given.
    #[default]
    Absent,
    /// A single text.
    Text(Cow<'a, str>),
    /// Several strings, in order.
    Texts(Vec<String>),
    /// JSON that has not been parsed yet.
    Json(Bytes),
    /// A parsed value.
    Value(Value),
    /// A file.
    Upload(Upload),
    /// A value that could not be encoded, and the reason.
    Failed(String),
}

/// One argument without borrowed data: what adapters pass on.
pub type OwnedArgument = ArgumentValue<'static>;

impl<'a> ArgumentValue<'a> {
    /// Creates an argument from a `&str` that is sent as text.
    #[must_use]
    pub fn str(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }

    /// Creates an argument from an `Option<&str>` that is sent as text.
    #[must_use]
    pub fn opt_str(value: Option<&'a str>) -> Self {
        value.map_or(Self::Absent, Self::str)
    }

    /// Creates an argument from a `&str` that is sent as a JSON body.
    #[must_use]
    pub fn json_str(value: &str) -> Self {
        serde_json::to_vec(value).map_or_else(|why| Self::Failed(why.to_string()), |json| Self::Json(json.into()))
    }

    /// Creates an argument from an `Option<&str>` that is sent as a JSON body.
    #[must_use]
    pub fn opt_json_str(value: Option<&str>) -> Self {
        value.map_or(Self::Absent, Self::json_str)
    }

    /// Creates an argument from a file. A stream is not read here.
    #[must_use]
    pub fn upload(file: Upload) -> Self {
        Self::Upload(file)
    }

    /// Creates an argument from an optional file.
    #[must_use]
    pub fn opt_upload(file: Option<Upload>) -> Self {
        file.map_or(Self::Absent, Self::Upload)
    }

    /// Returns the argument without borrowed data.
    #[must_use]
    pub fn into_owned(self) -> OwnedArgument {
        match self {
            Self::Absent => OwnedArgument::Absent,
            Self::Text(text) => OwnedArgument::Text(Cow::Owned(text.into_owned())),
            Self::Texts(texts) => OwnedArgument::Texts(texts),
            Self::Json(json) => OwnedArgument::Json(json),
            Self::Value(value) => OwnedArgument::Value(value),
            Self::Upload(file) => OwnedArgument::Upload(file),
            Self::Failed(why) => OwnedArgument::Failed(why),
        }
    }

    /// Returns the argument without copying its text.
    #[must_use]
    pub fn borrowed(&'a self) -> Self {
        match self {
            Self::Text(text) => Self::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }
}

impl OwnedArgument {
    /// Returns whether the argument was not given, or given as null.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Self::Absent | Self::Value(Value::Null) => true,
            Self::Json(json) => json.trim_ascii() == b"null",
            _ => false,
        }
    }
}

/// One argument, with its schema.
pub struct InputSchema {
    /// Its declaration in the document.
    pub(crate) argument: Argument,
    /// Its JSON Schema, as it is enforced.
    pub(crate) schema: Value,
    /// The validator of the schema.
    pub(crate) check: SchemaValidator,
    /// The declared order of the members in the schema.
    pub(crate) order: Order,
}

impl InputSchema {
    /// Returns whether a value is valid. The check is complete, since nothing else checks the value afterwards.
    pub(super) fn is_valid(&self, value: &Value) -> Result<bool> {
        self.check.is_valid(&self.schema, value)
    }

    /// Returns whether a value is valid. May miss mistakes that decoding into the Rust type detects.
    pub(super) fn may_be_valid(&self, value: &Value) -> Result<bool> {
        self.check.may_be_valid(&self.schema, value)
    }
}

/// The result type of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputType {
    /// The kind of the result.
    pub shape: Shape,
    /// Its JSON Schema.
    pub schema: Value,
}

/// The kind of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `()`.
    Unit,
    /// [`RawJson`](crate::RawJson).
    Raw,
    /// [`Download`](crate::Download).
    File,
    /// [`Stream`](crate::Stream): its schema describes an array of its items.
    Stream,
    /// [`ContentBlock`](crate::ContentBlock), or a list of them.
    Blocks,
    /// [`PromptMessage`](crate::PromptMessage), or a list of them.
    Messages,
    /// Anything else.
    Value,
}

impl Shape {
    /// Returns whether a result of this kind is JSON with a schema.
    #[must_use]
    pub fn has_schema(self) -> bool {
        matches!(self, Self::Stream | Self::Blocks | Self::Messages | Self::Value)
    }
}

/// The schema of an argument's type: the part of an [`ArgumentCodec`](crate::operation::ArgumentCodec) that adapters
/// need.
pub trait InputType: Sync {
    /// Returns the JSON Schema of one value of the type.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// Returns the facts about its members that the schema does not show.
    fn declared(&self) -> Declared {
        Declared::default()
    }

    /// Returns whether the document has a schema that replaces this one.
    fn has_document_schema(&self) -> bool {
        false
    }
}

/// The facts about a type's members that its schema does not show.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// The members of each struct in the type, in the order of their declaration.
    pub lists: Vec<&'static [&'static str]>,
    /// The members for which null is not the same as absence: null clears the member.
    pub clearable: Vec<Clearable>,
}

/// A member that null clears: the names of all members of its struct, and its own name.
pub type Clearable = (&'static [&'static str], &'static str);

/// A status for which an error type has a variant, its meaning, and the schema of the API's answer.
pub(crate) type StatusType = (u16, &'static str, Option<fn(&mut SchemaGenerator) -> Schema>);

/// The schema of an operation's result: the part of a [`ReturnCodec`](crate::operation::ReturnCodec) that adapters
/// need.
pub trait ReturnType: Sync {
    /// Returns the JSON Schema of a success.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;
    /// Returns the kind of the result.
    fn shape(&self) -> Shape;

    /// Returns the facts about its members that the schema does not show.
    fn declared(&self) -> Declared {
        Declared::default()
    }

    /// Returns the statuses for which its error type has a variant.
    fn errors(&self) -> Vec<StatusType> {
        Vec::new()
    }

    /// Returns whether the document has a schema that replaces this one.
    fn has_document_schema(&self) -> bool {
        false
    }
}
