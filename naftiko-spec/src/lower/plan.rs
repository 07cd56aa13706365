//! The plan of an exposed operation: where each value of a request comes from, and how the answer is used.
//!
//! A [`Lowered`] document has no names left to resolve: calls are calls of known operations, values come from arguments by
//! index, from variables, from constants, or from the results of earlier steps.

use crate::exact::has_float;
use crate::fragment::Fragment;
use crate::model::Format;
use crate::model::{BodyKind, Cache, CallerHeader, Method, Milliseconds, OutputParameter, Paging, Resilience, Style};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A lowered document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lowered {
    /// Its routes, tools and MCP resources, each as a separate operation, in the order of the document.
    pub operations: Vec<LoweredOperation>,
    /// The routes whose requests are forwarded to a consumed API unchanged.
    pub forwards: Vec<ForwardRoute>,
}

/// The plan of one route, tool or MCP resource.
#[derive(Debug, Clone, PartialEq)]
pub struct LoweredOperation {
    /// What adapters see: name, description, the route, tool or resource, and arguments.
    pub fragment: Fragment,
    /// The JSON Schema of each argument.
    pub schemas: Vec<Value>,
    /// The JSON Schema of the result, as far as the document declares it; `{}` if it does not.
    pub output: Value,
    /// What it does.
    pub work: Work,
    /// Its location in the document, as a JSON Pointer (RFC 6901).
    pub at: String,
}

/// The work of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Work {
    /// One call of a consumed operation.
    Call {
        /// The call.
        call: Box<Call>,
    },
    /// Calls and lookups in order.
    Steps {
        /// The steps.
        steps: Vec<LoweredStep>,
        /// The result, computed from the results of the steps.
        output: Source,
    },
    /// A constant: a mock without an upstream.
    Constant(Source),
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoweredStep {
    /// The name of its result in sources: `$.name`.
    pub name: String,
    /// What it does.
    pub work: StepWork,
}

/// The work of a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StepWork {
    /// Calls a consumed operation. The result is the answer, with the operation's output parameters as additional members. If the
    /// answer is not an object, the output parameters replace it.
    Call(Box<Call>),
    /// Picks entries of a list from the result of an earlier step.
    Lookup {
        /// The JSONPath of the list in the results of the steps.
        table: String,
        /// The JSONPath of the list that the searched step's operation declares as its output. It is used if the answer is not a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        part: Option<String>,
        /// The type that the document declares for the searched value, unless it is `array`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        declared: Option<String>,
        /// The member of each entry that is compared.
        key: String,
        /// The value or list of values to compare with.
        value: Source,
        /// The members of an entry that are returned; all if the list is empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        members: Vec<String>,
    },
}

/// A call of a consumed operation: where each part of its request comes from, and how the answer is used. A method of a trait and
/// an operation of a document both lower to it; arguments are those of the exposed operation, by index.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// The index of the consumed API, as [`Document::all_consumes`](crate::Document::all_consumes) lists them.
    pub consume: usize,
    /// The consumed operation's name.
    pub operation: String,
    /// The method.
    pub method: Method,
    /// The path below the base URI: literals as they are written, and values that are encoded when they are inserted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<Piece>,
    /// The query, in order: names as they are written, before encoding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, Source)>,
    /// Headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, Source)>,
    /// The headers of the caller's request that the call sends, besides the headers that its API declares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caller_headers: Vec<CallerHeader>,
    /// Cookies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cookies: Vec<(String, Source)>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The format of the answer.
    #[serde(default, skip_serializing_if = "Format::is_json")]
    pub format: Format,
    /// The error statuses for which the result is null.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_on: Vec<u16>,
    /// The headers of the answer that are passed on to callers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<String>,
    /// The operation's output parameters: names for parts of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputParameter>,
    /// The part of the answer that the exposed operation returns; all of it, unchanged, if `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Shaping>,
    /// The arguments of the exposed operation that contain a credential. Messages never contain their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<usize>,
    /// The time limit of the call; if `None`, the time limit of its API applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Milliseconds>,
    /// Settings that replace the API's settings for this call.
    #[serde(default, skip_serializing_if = "Resilience::is_empty")]
    pub resilience: Resilience,
    /// The cache setting of the call; if `None`, the setting of its API applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// How the next page of the answer is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<CallPage>,
}

/// The rule by which the next page of an answer is found, and the argument that requests it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallPage {
    /// The settings of the operation.
    pub paging: Paging,
    /// The index of the argument that is sent in [`Paging::into`]; `None` if the next page is a link, which has all arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<usize>,
    /// The source of the value in [`Paging::into`], if it is not the bare argument: an argument with a default that callers do not see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Source>,
}

/// A piece of a path or of a string.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Piece {
    /// Literal text.
    Literal(String),
    /// A value, as text.
    Value(Source),
    /// A value that fills several segments of a path.
    Rest(Source),
}

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    /// The argument with this index; absent if the caller left it out.
    Argument(usize),
    /// The value that a bind declares: `{{namespace.NAME}}` or `{{NAME}}`.
    Variable {
        /// The bind's namespace, if it is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        namespace: Option<String>,
        /// The name.
        name: String,
    },
    /// The value at a JSONPath in the results of the steps: `$.step.member`.
    Step(String),
    /// The capability's own credential, if it is sent in a path or a body.
    Credential,
    /// A constant.
    Constant(Value),
    /// A constant as JSON text, because a float cannot represent some of its numbers exactly.
    Json(String),
    /// A string with values in it. Absent values are left out; the string is absent if all of its values are.
    Text(Vec<Piece>),
    /// An object; members whose value is absent are left out.
    Object(Vec<(String, Source)>),
    /// A list; elements that are absent are left out. In a JSON body they are null if another element follows.
    List(Vec<Source>),
    /// A list or an object in a query or in headers, in the given style.
    Styled(Style, Box<Source>),
    /// The first source, or the second if the first is absent.
    Default(Box<Source>, Box<Source>),
    /// A value, converted to the given type if only its spelling changes: the text `5` to the number 5.
    Typed(String, Box<Source>),
}

impl Source {
    /// Wraps the source in a style; returns it unchanged without a style.
    #[must_use]
    pub(super) fn styled(self, style: Option<Style>) -> Self {
        match style {
            Some(style) => Self::Styled(style, Box::new(self)),
            None => self,
        }
    }

    /// Adds a source that is used if this one is absent.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        Self::Default(Box::new(self), Box::new(other))
    }

    /// Converts the source to a declared type. A constant that is not a text keeps its type.
    #[must_use]
    pub(super) fn of_type(self, kind: &str) -> Self {
        match self {
            Self::Constant(Value::String(text)) => typed(text, kind),
            text @ (Self::Variable { .. } | Self::Credential | Self::Text(_)) if kind == "string" => text,
            Self::Argument(_) | Self::Variable { .. } | Self::Credential | Self::Text(_) | Self::Default(..)
                if is_scalar(kind) =>
            {
                Self::Typed(kind.to_owned(), Box::new(self))
            }
            other => other,
        }
    }

    /// Returns the index of the argument, if the source is an argument, with or without a default.
    #[must_use]
    pub fn argument(&self) -> Option<usize> {
        match self {
            Self::Argument(index) => Some(*index),
            Self::Default(source, _) => source.argument(),
            _ => None,
        }
    }
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Body {
    /// A JSON value; no body if it is absent.
    Json(Source),
    /// A string that is JSON once its values are inserted (each encoded as JSON outside quotes, and as the inside of a JSON string
    /// in quotes).
    JsonText(Vec<Piece>),
    /// `application/x-www-form-urlencoded` (WHATWG URL, section 5): fields that are absent are left out.
    Form(Vec<(String, Source)>),
    /// The members of an object as a form, with lists in the given style.
    FormObject(Style, Source),
    /// A form that is already encoded, except for the values in it.
    FormText(Vec<Piece>),
    /// `multipart/form-data` (RFC 7578).
    Multipart(Vec<MultipartPart>),
    /// A body of the given type: text, XML (values are escaped), SPARQL, YAML or bytes.
    Text(BodyKind, Source),
}

/// One part of a multipart body; ignored if its value is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MultipartPart {
    /// The field's name.
    pub name: String,
    /// Its value.
    pub value: Source,
    /// The file name, if the part is a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<Source>,
    /// Its media type; if `None`, it follows from the file or the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<Source>,
}

/// The shape of a result: a part of the answer, or the exposed operation's output parameters.
#[allow(clippy::large_enum_variant, reason = "there is one for each operation, and it is not moved")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shaping {
    /// The part at a JSONPath: one value, or null; a list if the path may match several values.
    Part(String),
    /// One value.
    One(OutputParameter),
    /// An object with a member for each named parameter.
    Named(Vec<OutputParameter>),
}

/// A route whose requests are forwarded to a consumed API unchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForwardRoute {
    /// The index of its adapter in `exposes`.
    pub expose: usize,
    /// The prefix that is removed from a request's path; the rest is appended to the base URI.
    pub prefix: String,
    /// The index of the consumed API, as [`Document::all_consumes`](crate::Document::all_consumes) lists them.
    pub consume: usize,
    /// The request headers that are forwarded, besides `Accept`, `Content-Type` and `Content-Encoding`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_headers: Vec<String>,
    /// Its location in the document, as a JSON Pointer.
    pub at: String,
}

/// Parses a constant as the given type; a string that does not parse stays a string.
fn typed(text: String, kind: &str) -> Source {
    let parsed = || serde_json::from_str::<Value>(text.trim()).ok();
    let fits = |value: &Value| match kind {
        "number" | "integer" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => false,
    };
    match parsed().filter(fits) {
        Some(value) if has_float(&value) => Source::Json(text),
        Some(value) => Source::Constant(value),
        None => Source::Constant(text.into()),
    }
}

/// Returns whether a declared type is a single value: not a list or an object.
#[must_use]
pub fn is_scalar(kind: &str) -> bool {
    matches!(kind, "string" | "number" | "integer" | "boolean")
}
