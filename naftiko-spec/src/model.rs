//! The document as the specification (`naftiko: 1.0.0-alpha2`) lays it out: one struct for one object, one field for one key.
//!
//! Fields stand in the order in which published documents write them, so that what is exported reads like what is published.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The revision of the specification that documents are written in.
pub const VERSION: &str = "1.0.0-alpha2";

/// A whole capability document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// The revision of the specification: [`VERSION`].
    pub naftiko: String,
    /// What the capability is, for people.
    #[serde(default)]
    pub info: Info,
    /// Where the values of `{{…}}` come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// What is consumed and what is exposed.
    #[serde(default)]
    pub capability: Capability,
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
}

/// One entry of `binds`: variables and where they come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// The HTTP APIs that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// The adapters that it answers on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposes: Vec<Expose>,
}

/// One consumed HTTP API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consume {
    /// Always `http`.
    #[serde(rename = "type", default = "http")]
    pub kind: String,
    /// The name that exposed operations call it by: `call: NAMESPACE.OPERATION`.
    pub namespace: String,
    /// The address that paths are appended to; may hold `{{…}}`, `[name]` and `{name}` variables.
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
}

fn http() -> String {
    "http".to_owned()
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
        /// `header` or `query`.
        placement: Placement,
    },
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// The user's name.
        username: String,
        /// The password, as a rule `{{env.NAME}}`.
        password: String,
    },
}

/// Where an API key travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Placement {
    /// In a header.
    Header,
    /// In the query.
    Query,
}

/// One path of a consumed API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedResource {
    /// Its name, made from the path.
    pub name: String,
    /// The path below the base URI, with `{placeholders}`.
    pub path: String,
    /// What can be done there.
    #[serde(default)]
    pub operations: Vec<ConsumedOperation>,
}

/// One operation of a consumed API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsumedOperation {
    /// Its name within the namespace.
    pub name: String,
    /// The HTTP method.
    pub method: Method,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The format of the answer: `json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_raw_format: Option<String>,
    /// The parts of the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
    /// What it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
}

/// The methods that an operation may have (RFC 9110, section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
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
        Hints { read_only, destructive, idempotent, open_world: None }
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// A constant value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
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
    /// JSONPath into the upstream's answer (consumed side; RFC 9535, or `$.` for all of it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// JSONPath into the consumed operation's answer (exposed side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<String>,
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
}

impl Expose {
    /// The adapter's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Rest(rest) => &rest.namespace,
            Self::Mcp(mcp) => &mcp.namespace,
        }
    }

    /// The adapter's port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Rest(rest) => rest.port,
            Self::Mcp(mcp) => mcp.port,
        }
    }
}

/// A REST adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ExposedResource>,
}

/// One path of a REST adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposedResource {
    /// The path, prefix included, with `{placeholders}`.
    pub path: String,
    /// Its name, made from the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What can be done there.
    #[serde(default)]
    pub operations: Vec<ExposedOperation>,
}

/// One operation of a REST adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposedOperation {
    /// The HTTP method.
    pub method: Method,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. None for an orchestration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// What it takes, where the document says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// An MCP adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Its tools.
    #[serde(default)]
    pub tools: Vec<Tool>,
}

/// One MCP tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// Its name.
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
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. None for an orchestration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// What it takes, where the document says it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// What it gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
}

/// What a client may expect of a tool (MCP, `ToolAnnotations`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hints {
    /// It changes nothing.
    #[serde(default)]
    pub read_only: bool,
    /// It removes or overwrites something.
    #[serde(default)]
    pub destructive: bool,
    /// Calling it again changes nothing more.
    #[serde(default)]
    pub idempotent: bool,
    /// It reaches beyond this program; where the document does not say, it does as soon as there is an upstream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world: Option<bool>,
}
