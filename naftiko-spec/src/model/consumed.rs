//! The consuming side: APIs, credentials, paths, operations and their bodies.

use super::{
    Authentication, Cache, CallerHeader, ErrorAnswer, InputParameter, Method, Milliseconds, OutputParameter, Paging,
    Resilience, Style, Tls,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One consumed HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consume {
    /// Always `http`; empty for an imported API.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The name that exposed operations use: `call: NAMESPACE.OPERATION`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The address to which paths are appended; may contain `{{…}}`, `[name]` and `{name}` variables.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_uri: String,
    /// What this API is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Parameters of every call, usually constants (with `value`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// The headers of a caller's request that are sent with every call. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caller_headers: Vec<CallerHeader>,
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ConsumedResource>,
    /// The capability's own credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// The certificates of its connections. Not in the specification.
    #[serde(default, skip_serializing_if = "Tls::is_empty")]
    pub tls: Tls,
    /// How many redirects of a GET or HEAD are followed, within the origin of the base URI; 0 by default. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirects: Option<u16>,
    /// The time limit of each call, all attempts together; 30 seconds by default. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Milliseconds>,
    /// How its calls are retried, hedged and limited. Not in the specification.
    #[serde(default, skip_serializing_if = "Resilience::is_empty")]
    pub resilience: Resilience,
    /// Which of its answers are cached. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The location of the document from which the API is imported. It is kept, but importing is not supported yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The namespace of an imported API in its own document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// The namespace of an imported API in this document, if it differs.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The names of its operations that cannot be read. Operations that call them cannot run.
    #[serde(skip)]
    pub unreadable_names: Vec<String>,
}

/// One path of a consumed API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedResource {
    /// Its name; made from the path by default.
    pub name: String,
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The path below the base URI, with `{placeholders}`.
    pub path: String,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Parameters of all its operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Its operations.
    #[serde(default)]
    pub operations: Vec<ConsumedOperation>,
}

/// One operation of a consumed API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedOperation {
    /// Its name within the namespace.
    pub name: String,
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// The operation's own path, which is appended to the resource's. If the path of any operation of the API begins with the path of its
    /// resource, the paths of operations replace the paths of resources instead. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The format of the answer: `json`, `xml`, `csv`, `tsv`, `psv`, `yaml`, `html`, `markdown`, `text`, `binary`, `stream`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_raw_format: Option<String>,
    /// The schema of a binary format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<String>,
    /// Error statuses that mean that there is no result: null is returned. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none_on: Vec<u16>,
    /// The headers of the answer that are passed on to callers of a route. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<String>,
    /// The headers of a caller's request that the operation sends to the API. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caller_headers: Vec<CallerHeader>,
    /// The error statuses that it may answer with. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorAnswer>,
    /// Examples of its result. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// The time limit of its calls, if it differs from the API's. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Milliseconds>,
    /// Settings that replace the API's own for this operation. Not in the specification.
    #[serde(default, skip_serializing_if = "Resilience::is_empty")]
    pub resilience: Resilience,
    /// How the next page of the answer is found. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Paging>,
    /// Whether its answers are cached; by default, as its API declares. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The parts of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
    /// Its parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// The body that it sends, with `{{…}}` where arguments go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<RequestBody>,
}

/// The body of a consumed operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RequestBody {
    /// A string without a type; the `Content-Type` header, or else the content, determines its type.
    Raw(String),
    /// A body with a type.
    Typed(TypedBody),
}

/// `body: { type, data }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedBody {
    /// The type of the body, which determines how `data` is encoded.
    #[serde(rename = "type")]
    pub kind: BodyKind,
    /// The body: a string, an object or a list, with `{{…}}` where arguments go; null if it consists of the body parameters, or
    /// the caller sends it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// How lists in a form are written; objects are then written as `a[b]=1`. Without it, an object is sent as JSON text. Not in
    /// the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<Style>,
}

/// The types of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BodyKind {
    /// `application/json`
    Json,
    /// `text/plain`
    Text,
    /// `application/xml`
    Xml,
    /// `application/sparql-query`
    Sparql,
    /// `application/x-www-form-urlencoded`
    FormUrlEncoded,
    /// `multipart/form-data`
    MultipartForm,
    /// `application/yaml`. Not in the specification.
    Yaml,
    /// `application/octet-stream`. Not in the specification.
    Binary,
}

impl Consume {
    /// Returns whether it is an API of another document, which is not read.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.import.is_some()
    }

    /// Returns the namespace that calls use: its own or, if it is imported, `as` or the namespace in the other document.
    #[must_use]
    pub fn called(&self) -> &str {
        self.alias.as_deref().or(self.import.as_deref()).unwrap_or(&self.namespace)
    }

    /// Returns the headers of a caller's request that its calls use: the declared ones, and `Authorization` if the caller's token is
    /// exchanged.
    #[must_use]
    pub fn sent_caller_headers(&self) -> Vec<CallerHeader> {
        let mut headers = self.caller_headers.clone();
        if self.authentication.as_ref().is_some_and(Authentication::exchanges) {
            headers.retain(|header| !header.has_name("Authorization"));
            headers.push(CallerHeader { name: "Authorization".to_owned(), required: true });
        }
        headers
    }
}

impl BodyKind {
    /// Returns the media type of a body of this kind.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Xml => "application/xml",
            Self::Sparql => "application/sparql-query",
            Self::Yaml => "application/yaml",
            Self::Binary => "application/octet-stream",
            Self::FormUrlEncoded => "application/x-www-form-urlencoded",
            Self::MultipartForm => "multipart/form-data",
        }
    }

    /// Returns whether a body of this kind is a single text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Xml | Self::Sparql | Self::Yaml)
    }
}
