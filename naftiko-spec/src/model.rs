//! The document as the specification (`naftiko: 1.0.0-alpha2`) lays it out: one struct for one object, one field for one key.
//!
//! Fields stand in the order in which published documents write them, so that what is exported reads like what is published.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The revision of the specification that documents are written in.
pub const VERSION: &str = "1.0.0-alpha2";

/// A whole capability document.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// The revision of the specification: [`VERSION`].
    pub naftiko: String,
    /// What the capability is, for people.
    #[serde(default, skip_serializing_if = "is_default")]
    pub info: Info,
    /// Where the values of `{{…}}` come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// HTTP APIs that several capabilities share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// What is consumed and what is exposed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub capability: Capability,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `info`: label, description and dates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Info {
    /// The capability's name in words.
    #[serde(default)]
    pub label: String,
    /// What it does, for whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The day it was made, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The day it was last changed, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stakeholders: Vec<Person>,
}

/// One of the `stakeholders`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// What they are to the capability: `owner`, `editor`, `reviewer` …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Their name.
    #[serde(default)]
    pub full_name: String,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One entry of `binds`: variables and where they come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bind {
    /// The first part of `{{namespace.NAME}}`; `env` is the process environment.
    pub namespace: String,
    /// What these variables are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A `file://` URI to read them from; the process environment without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The name used in the document, and the name at the source.
    #[serde(default)]
    pub keys: IndexMap<String, String>,
}

/// `capability`: what is consumed and what is exposed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// Variables of this capability alone; they are looked up before those of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// The HTTP APIs that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// The adapters that it answers on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposes: Vec<Expose>,
    /// Functions that adapters share: `ref: NAMESPACE.FUNCTION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregates: Vec<Aggregate>,
}

/// Functions under one namespace, which routes and tools refer to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aggregate {
    /// Its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The first part of `ref: NAMESPACE.FUNCTION`.
    pub namespace: String,
    /// Its functions.
    #[serde(default)]
    pub functions: Vec<Function>,
}

/// One function of an aggregate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Function {
    /// Its name within the aggregate.
    pub name: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What may be expected of it, whatever it is reached through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantics: Option<Semantics>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs come from, when it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// What it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// What may be expected of a function.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Semantics {
    /// It changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safe: Option<bool>,
    /// Calling it again changes nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// What it gives may be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cacheable: Option<bool>,
}

/// One step of an orchestration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Step {
    /// Calls a consumed operation.
    Call {
        /// What later steps and mappings call its result.
        name: String,
        /// `NAMESPACE.OPERATION`.
        call: String,
        /// Where the operation's parameters come from.
        #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
        with: IndexMap<String, Value>,
    },
    /// Looks values up in what an earlier step gave.
    Lookup {
        /// What later steps and mappings call its result.
        name: String,
        /// The step whose result is the table: a list of objects.
        index: String,
        /// The member of each entry that is compared.
        #[serde(rename = "match")]
        key: String,
        /// JSONPath of what it is compared with: one value or a list.
        lookup_value: String,
        /// The members of the entry that are the result.
        #[serde(default)]
        output_parameters: Vec<String>,
    },
    /// Runs a script. Nothing here does: it is read so that it can be refused by name.
    Script(serde_json::Map<String, Value>),
}

impl Step {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Call { name, .. } | Self::Lookup { name, .. } => name,
            Self::Script(keys) => keys.get("name").and_then(Value::as_str).unwrap_or_default(),
        }
    }
}

/// Where one output of an orchestration comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The output parameter; dots lead into objects.
    pub target_name: String,
    /// JSONPath into the results of the steps: `$.step.member`.
    pub value: String,
}

/// One consumed HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consume {
    /// Always `http`; nothing for one that is imported.
    #[serde(rename = "type", default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The name that exposed operations call it by: `call: NAMESPACE.OPERATION`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The address that paths are appended to; may hold `{{…}}`, `[name]` and `{name}` variables.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub base_uri: String,
    /// What this API is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Constant parameters of every call (headers, with `value`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ConsumedResource>,
    /// The capability's own credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// Where the document is that an imported API is taken from: read and written, not followed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The namespace of an imported API in its own document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<String>,
    /// The namespace of an imported API in this document, if another.
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

/// How the capability authenticates itself to a consumed API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Authentication {
    /// `Authorization: Bearer TOKEN` (RFC 6750).
    Bearer {
        /// The token, as a rule `{{env.NAME}}`.
        token: String,
    },
    /// A key in a header or in the query.
    Apikey {
        /// The name of the header or of the query parameter.
        key: String,
        /// Its value, as a rule `{{env.NAME}}`.
        value: String,
        /// Where it travels: `header` or `query` by the specification.
        placement: Placement,
    },
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user's name.
        username: String,
        /// The password, as a rule `{{env.NAME}}`.
        password: String,
    },
    /// `Authorization: Digest …` (RFC 7616).
    Digest {
        /// The user's name.
        username: String,
        /// The password, as a rule `{{env.NAME}}`.
        password: String,
    },
    /// A token of an authorization server (RFC 6749), as the specification lays it out.
    Oauth2(serde_json::Map<String, Value>),
    /// Something that the specification does not have (`oauth1`, `hmac` …): it is read so that it can be refused by name.
    #[serde(untagged)]
    Other(serde_json::Map<String, Value>),
}

/// Where an API key travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// In a header.
    Header,
    /// In the query.
    Query,
    /// In the `{placeholder}` of the base URI or of the path that has the key's name. Not of the specification.
    Path,
    /// In the member of a JSON or form body that has the key's name. Not of the specification.
    Body,
    /// In a cookie. Not of the specification.
    Cookie,
}

/// One path of a consumed API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedResource {
    /// Its name, made from the path.
    pub name: String,
    /// Its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The path below the base URI, with `{placeholders}`.
    pub path: String,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What each of its operations takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What can be done there.
    #[serde(default)]
    pub operations: Vec<ConsumedOperation>,
}

/// One operation of a consumed API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedOperation {
    /// Its name within the namespace.
    pub name: String,
    /// Its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// A path of its own, below (or instead of) the resource's. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The format of the answer: `json`, `xml`, `csv`, `tsv`, `psv`, `yaml`, `html`, `markdown`, `text`, `binary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_raw_format: Option<String>,
    /// The schema of a binary format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<String>,
    /// The parts of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
    /// What it takes.
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
    /// A text that is sent as it is, as JSON.
    Raw(String),
    /// A body of a type.
    Typed(TypedBody),
}

/// `body: { type, data }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedBody {
    /// How `data` becomes a body.
    #[serde(rename = "type")]
    pub kind: BodyKind,
    /// The body: a text, an object or a list, with `{{…}}` where arguments go; null where it is what the caller gives.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
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
    /// `application/yaml`. Not of the specification.
    Yaml,
    /// `application/octet-stream`. Not of the specification.
    Binary,
}

/// The methods that an operation may have (RFC 9110, section 9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    #[default]
    Get,
    /// Reads the headers alone.
    Head,
    /// Creates or acts.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request of this method may carry a body here.
    #[must_use]
    pub const fn takes_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }

    /// What the method alone says of an operation: reads, removes, may be repeated (RFC 9110, section 9.2).
    #[must_use]
    pub const fn hints(self) -> Hints {
        let (read_only, destructive, idempotent) = match self {
            Self::Get | Self::Head => (true, false, true),
            Self::Put => (false, false, true),
            Self::Delete => (false, true, true),
            Self::Post | Self::Patch => (false, false, false),
        };
        Hints {
            read_only: Some(read_only),
            destructive: Some(destructive),
            idempotent: Some(idempotent),
            open_world: None,
        }
    }
}

/// Where a parameter travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A `{placeholder}` of the path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
    /// The body, or (in an orchestration) one member of it.
    Body,
}

impl Place {
    /// The word of the document for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }
}

/// One input parameter: of a consumed operation, of a REST operation (`in` set) or of a tool (`in` not set).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InputParameter {
    /// Its name on the wire.
    pub name: String,
    /// Where it travels.
    #[serde(rename = "in", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// `string`, `number`, `integer`, `boolean`, `array` or `object`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it must be given; published documents leave it out for most optional ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// A regular expression that it matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// A constant value, or one with `{{…}}` in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value where none is given. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The values that it may have. Not of the specification.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// What the elements of a list are. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Value>,
    /// The member of the called operation's body that it becomes, as JSONPath: `$.body.name`. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
}

/// One output parameter.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OutputParameter {
    /// Its name (consumed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `string`, `number`, `boolean`, `array` or `object`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSONPath into the upstream's answer (consumed side; RFC 9535, or `$.` for all of it); a constant (exposed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// JSONPath into the consumed operation's answer (exposed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
    /// A constant for linters; callers never see it.
    #[serde(rename = "const", default, skip_serializing_if = "Option::is_none")]
    pub constant: Option<Value>,
    /// How long a text may become, in characters; a longer one is cut. Not of the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// Members of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<IndexMap<String, OutputParameter>>,
    /// Elements of an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<OutputParameter>>,
}

/// One adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Expose {
    /// A REST adapter.
    Rest(ExposeRest),
    /// An MCP adapter.
    Mcp(ExposeMcp),
    /// A skill adapter: read and written, not served yet.
    Skill(ExposeOther),
    /// A control port: read and written, not served yet.
    Control(ExposeOther),
}

impl Expose {
    /// The adapter's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Rest(rest) => &rest.namespace,
            Self::Mcp(mcp) => &mcp.namespace,
            Self::Skill(other) | Self::Control(other) => other.namespace.as_deref().unwrap_or_default(),
        }
    }

    /// The adapter's port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Rest(rest) => rest.port,
            Self::Mcp(mcp) => mcp.port,
            Self::Skill(other) | Self::Control(other) => other.port,
        }
    }
}

/// An adapter that is not served yet, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExposeOther {
    /// Its name; a control port has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The port that it is to listen on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// All else that is said of it.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// A REST adapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposeRest {
    /// Its name.
    pub namespace: String,
    /// The port that `serve` listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The address that `serve` listens on; loopback without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What this adapter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may call it: read and written, not enforced yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Value>,
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ExposedResource>,
}

/// One path of a REST adapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposedResource {
    /// The path, prefix included, with `{placeholders}`.
    pub path: String,
    /// Its name, made from the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What each of its operations takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Requests go on to a consumed API as they are, instead of to operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
    /// What can be done there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<ExposedOperation>,
}

/// Where requests go on to as they are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Forward {
    /// The consumed API.
    pub target_namespace: String,
    /// The headers of callers that go along; no other does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_headers: Vec<String>,
}

/// One operation of a REST adapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposedOperation {
    /// The HTTP method.
    pub method: Method,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its name in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The function of an aggregate behind it: `NAMESPACE.FUNCTION`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. None for an orchestration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs come from, when it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// What it takes, where the document says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// An MCP adapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposeMcp {
    /// Its name.
    pub namespace: String,
    /// The port that `serve` listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The address that `serve` listens on; loopback without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `http` or `stdio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// What this adapter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who may call it: read and written, not enforced yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Value>,
    /// Its tools.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Its resources: read and written, not served yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Value>,
    /// Its prompts: read and written, not served yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<Value>,
}

/// One MCP tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// Its name; none where the function that it refers to has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it does, for agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What a client may expect of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints: Option<Hints>,
    /// The function of an aggregate behind it: `NAMESPACE.FUNCTION`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. None for an orchestration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs come from, when it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// What it takes, where the document says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// What a client may expect of a tool (MCP, `ToolAnnotations`). What is not said is as the HTTP method has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hints {
    /// It changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// It removes or overwrites something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive: Option<bool>,
    /// Calling it again changes nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// It reaches beyond this program; where the document does not say, it does as soon as there is an upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}

impl Hints {
    /// These hints, and the other's where these do not say.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            read_only: self.read_only.or(other.read_only),
            destructive: self.destructive.or(other.destructive),
            idempotent: self.idempotent.or(other.idempotent),
            open_world: self.open_world.or(other.open_world),
        }
    }
}
