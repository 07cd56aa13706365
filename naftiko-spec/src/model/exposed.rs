//! The exposing side: adapters, routes, tools and hints.

use super::{
    Approval, Authentication, Confirm, ErrorAnswer, Hints, InputParameter, Mapping, McpPrompt, McpResource, Method,
    OutputParameter, Step, TaskSupport,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Expose {
    /// A REST adapter.
    Rest(ExposeRest),
    /// An MCP adapter.
    Mcp(ExposeMcp),
    /// A skill adapter. The MCP adapters serve its skills, unless it has `authentication`. With a port or `authentication`, or
    /// without MCP adapters, it has its own server.
    Skill(ExposeOther),
    /// A control port: metrics, health and status of the program.
    Control(ExposeOther),
}

impl Expose {
    /// Returns the adapter's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Rest(rest) => &rest.namespace,
            Self::Mcp(mcp) => &mcp.namespace,
            Self::Skill(other) | Self::Control(other) => other.namespace.as_deref().unwrap_or_default(),
        }
    }

    /// Returns the address that the adapter listens on, if the document declares it.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Rest(rest) => rest.address.as_deref(),
            Self::Mcp(mcp) => mcp.address.as_deref(),
            Self::Skill(other) | Self::Control(other) => other.other_keys.get("address").and_then(Value::as_str),
        }
    }

    /// Returns how its callers authenticate, if they have to.
    #[must_use]
    pub fn authentication(&self) -> Option<&Authentication> {
        match self {
            Self::Rest(rest) => rest.authentication.as_ref(),
            Self::Mcp(mcp) => mcp.authentication.as_ref(),
            Self::Skill(other) | Self::Control(other) => other.authentication.as_ref(),
        }
    }

    /// Returns whether it refuses members that are not in the schema.
    #[must_use]
    pub fn refuses_unknown_members(&self) -> bool {
        let unknown = match self {
            Self::Rest(rest) => rest.unknown_members,
            Self::Mcp(mcp) => mcp.unknown_members,
            Self::Skill(_) | Self::Control(_) => None,
        };
        unknown == Some(Unknown::Refuse)
    }

    /// Returns the adapter's port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Rest(rest) => rest.port,
            Self::Mcp(mcp) => mcp.port,
            Self::Skill(other) | Self::Control(other) => other.port,
        }
    }
}

/// A skill adapter or a control port, whose other keys are kept unchanged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExposeOther {
    /// Its name; a control port may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The port to listen on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How its callers authenticate; everybody who can reach it may read it by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// Its other keys.
    #[serde(flatten)]
    pub other_keys: serde_json::Map<String, Value>,
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
    /// The address that `serve` listens on; loopback by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What this adapter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How its callers authenticate; everybody who can reach it may call it by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// How unknown query parameters are treated; ignored by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_query: Option<Unknown>,
    /// How body members that are not in the schema are treated; ignored by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_members: Option<Unknown>,
    /// Whether it shows a page for people at its root; `false` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<bool>,
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ExposedResource>,
}

/// The treatment of unknown names that callers send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// Unknown names are ignored.
    #[default]
    Ignore,
    /// The call is refused, and the error suggests the nearest known name.
    Refuse,
}

/// One path of a REST adapter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposedResource {
    /// The path, prefix included, with `{placeholders}`.
    pub path: String,
    /// Its name; made from the path by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Parameters of all its operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// The API to which requests are forwarded unchanged, if they don't call operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Forward>,
    /// Its operations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<ExposedOperation>,
}

/// The target of requests that are forwarded unchanged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Forward {
    /// The namespace of the consumed API.
    pub target_namespace: String,
    /// The request headers that are forwarded, besides `Accept`, `Content-Type` and `Content-Encoding`.
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
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The function of an aggregate behind it: `NAMESPACE.FUNCTION`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. `None` for a `ref`, an orchestration or a mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs, and parameters of its steps, come from, if it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// Its input parameters, if the document declares them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Its output parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
    /// The error statuses that it may answer with. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorAnswer>,
    /// Examples of its result. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// The scopes that a caller needs for it. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
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
    /// The address that `serve` listens on; loopback by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `http` or `stdio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// What this adapter is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How its callers authenticate; everybody who can reach it may call it by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,
    /// How argument members that are not in the schema are treated; ignored by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_members: Option<Unknown>,
    /// Its tools.
    #[serde(default)]
    pub tools: Vec<Tool>,
    /// Whether it keeps sessions for clients that speak an older revision of MCP; `false` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<bool>,
    /// The form in which tools return their results: text, `structuredContent` or, by default, both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<StructuredContent>,
    /// Which tools are listed; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_list: Option<ToolList>,
    /// Which tools need the approval of a person for each call; by default, those with `confirm: true`. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<Confirm>,
    /// Who can approve calls; by default, the client's user or the program that serves the capability. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Its resources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<McpResource>,
    /// Its prompts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prompts: Vec<McpPrompt>,
}

/// The form in which tools return their results: `structuredContent`, text, or both (MCP, `CallToolResult`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StructuredContent {
    /// Both, since some clients show a model only one of them.
    #[default]
    Both,
    /// Text; tools have no output schema.
    Text,
    /// Only `structuredContent`, without a copy as text.
    Structured,
}

impl StructuredContent {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 3] =
        [("both", Self::Both), ("text", Self::Text), ("structured", Self::Structured)];
}

/// The tools that an MCP adapter lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolList {
    /// All tools.
    #[default]
    All,
    /// Only three tools: one searches all tools, one describes a tool, one calls a tool.
    Search,
}

impl ToolList {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 2] = [("all", Self::All), ("search", Self::Search)];
}

/// One MCP tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tool {
    /// Its name. If it is empty, the tool is named after the function or the operation that it refers to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its title, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it does, for agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its hints for clients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hints: Option<Hints>,
    /// The function of an aggregate behind it: `NAMESPACE.FUNCTION`.
    #[serde(rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The consumed operation behind it: `NAMESPACE.OPERATION`. `None` for a `ref`, an orchestration or a mock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Where the consumed operation's parameters come from.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub with: IndexMap<String, Value>,
    /// Calls and lookups in order, instead of one call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// Where its outputs, and parameters of its steps, come from, if it has steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// Its input parameters, if the document declares them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_parameters: Vec<InputParameter>,
    /// Its output parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_parameters: Vec<OutputParameter>,
    /// The error statuses that it may answer with. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorAnswer>,
    /// Examples of its result. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// The scopes that a caller needs for it. Not in the specification.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Whether each call needs the approval of a person; its adapter's `confirm` decides by default. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<bool>,
    /// The maximum length of its answers, in bytes: a longer answer is returned in parts, each with a cursor for the
    /// next. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// Whether its calls run as tasks. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskSupport>,
    /// Keywords that are added at the root of its input schema, and enforced. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
}
