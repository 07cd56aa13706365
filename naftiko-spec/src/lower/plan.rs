//! What an exposed operation does, worked out: where each value of a request comes from, and what becomes of the answer.
//!
//! A [`Lowered`] document has no names left to resolve: calls are calls of known operations, values come from arguments by
//! index, from variables, from constants, or from the results of earlier steps.

use crate::fragment::Fragment;
use crate::model::Format;
use crate::model::{BodyKind, Method, OutputParameter};
use serde_json::Value;

/// A document, worked out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lowered {
    /// Its routes and tools, each an operation of its own, in the order of the document.
    pub operations: Vec<LoweredOperation>,
    /// The routes that go on to a consumed API as they are.
    pub forwards: Vec<ForwardRoute>,
}

/// One route or one tool, worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct LoweredOperation {
    /// What adapters see: name, description, the route or the tool, arguments.
    pub fragment: Fragment,
    /// The JSON Schema of each argument.
    pub schemas: Vec<Value>,
    /// The JSON Schema of what it gives, as far as the document says it; `{}` where it says nothing.
    pub output: Value,
    /// What it does.
    pub work: Work,
    /// Where it stands in the document, as a JSON Pointer (RFC 6901).
    pub at: String,
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// One call of a consumed operation.
    Call {
        /// The call.
        call: Box<Call>,
        /// What becomes of the answer; all of it as it is, if there is none.
        output: Option<Shaping>,
    },
    /// Calls and lookups in order.
    Steps {
        /// The steps.
        steps: Vec<LoweredStep>,
        /// What is given: a source over the results of the steps.
        output: Source,
    },
    /// A constant: a mock without an upstream.
    Constant(Source),
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct LoweredStep {
    /// What sources call its result: `$.name`.
    pub name: String,
    /// What it does.
    pub work: StepWork,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepWork {
    /// Calls a consumed operation. Its result is the answer, under the names of the operation's output parameters as well.
    Call(Box<Call>),
    /// Picks entries of a list that an earlier step gave.
    Lookup {
        /// JSONPath, among the results of the steps, of the list.
        table: String,
        /// The member of each entry that is compared.
        key: String,
        /// What it is compared with: one value, or a list of values.
        value: Source,
        /// The members that are taken of an entry; all if there are none.
        members: Vec<String>,
    },
}

/// A request of a consumed operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Which of the document's consumed APIs, as [`Document::all_consumes`](crate::Document::all_consumes) lists them.
    pub consume: usize,
    /// The consumed operation's name.
    pub operation: String,
    /// The method.
    pub method: Method,
    /// The path below the base URI: literals as they are written, and values that are encoded where they stand.
    pub path: Vec<Piece>,
    /// The query, in order: names as they are written, before encoding.
    pub query: Vec<(String, Source)>,
    /// Headers.
    pub headers: Vec<(String, Source)>,
    /// Cookies.
    pub cookies: Vec<(String, Source)>,
    /// The body.
    pub body: Option<Body>,
    /// What the answer is written in.
    pub format: Format,
    /// The operation's output parameters: names for parts of the answer.
    pub outputs: Vec<OutputParameter>,
    /// The arguments of the exposed operation that carry a credential: what they hold is never repeated.
    pub sensitive: Vec<usize>,
}

/// A piece of a path or of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// A value, as text.
    Value(Source),
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The argument of that index; absent if the caller left it out.
    Argument(usize),
    /// The value that a bind declares: `{{namespace.NAME}}` or `{{NAME}}`.
    Variable {
        /// The bind's namespace, if it is said.
        namespace: Option<String>,
        /// The name.
        name: String,
    },
    /// What a JSONPath finds among the results of the steps: `$.step.member`.
    Step(String),
    /// The capability's own credential, where it travels in a path or a body.
    Credential,
    /// A constant.
    Constant(Value),
    /// A text with values in it; what is absent is left out of it.
    Text(Vec<Piece>),
    /// An object; members whose value is absent are left out.
    Object(Vec<(String, Source)>),
    /// A list; elements that are absent are left out.
    List(Vec<Source>),
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A JSON value; no body if it is absent.
    Json(Source),
    /// A text that is JSON already, once its values are in it (each encoded as JSON where it stands in no quotes, and as the
    /// inside of a JSON string where it does).
    JsonText(Vec<Piece>),
    /// `application/x-www-form-urlencoded` (WHATWG URL, section 5): fields that are absent are left out.
    Form(Vec<(String, Source)>),
    /// A form that is encoded already, but for the values in it.
    FormText(Vec<Piece>),
    /// `multipart/form-data` (RFC 7578).
    Multipart(Vec<MultipartPart>),
    /// A text of that kind: text, XML (values are escaped), SPARQL.
    Text(BodyKind, Source),
}

/// One part of a multipart body; left out if its value is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct MultipartPart {
    /// The field's name.
    pub name: String,
    /// Its value.
    pub value: Source,
    /// The name of the file that it is.
    pub filename: Option<Source>,
    /// What it is; `text/plain` if nothing is said.
    pub content_type: Option<Source>,
}

/// What becomes of an answer: the exposed operation's output parameters.
#[allow(clippy::large_enum_variant, reason = "there is one for each operation, and it stays where it is")]
#[derive(Debug, Clone, PartialEq)]
pub enum Shaping {
    /// One value.
    One(OutputParameter),
    /// An object with a member for each named parameter.
    Named(Vec<OutputParameter>),
}

/// A route whose requests go on to a consumed API as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct ForwardRoute {
    /// Which of the document's `exposes`.
    pub expose: usize,
    /// The path that is taken off the front of a request's path; what follows is appended to the base URI.
    pub prefix: String,
    /// Which of the document's consumed APIs.
    pub consume: usize,
    /// The headers of callers that go along; no other does.
    pub trusted_headers: Vec<String>,
    /// Where it stands in the document, as a JSON Pointer.
    pub at: String,
}
