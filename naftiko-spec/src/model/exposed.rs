//! The exposing side: adapters, routes, tools and hints.

use super::{InputParameter, Mapping, Method, OutputParameter, Step};
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

    /// The address that the adapter listens on, if it is declared.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Rest(rest) => rest.address.as_deref(),
            Self::Mcp(mcp) => mcp.address.as_deref(),
            Self::Skill(other) | Self::Control(other) => other.rest.get("address").and_then(Value::as_str),
        }
    }

    /// Whether it refuses members of values that their schemas do not have.
    #[must_use]
    pub fn refuses_unknown_members(&self) -> bool {
        let unknown = match self {
            Self::Rest(rest) => rest.unknown_members,
            Self::Mcp(mcp) => mcp.unknown_members,
            Self::Skill(_) | Self::Control(_) => None,
        };
        unknown == Some(Unknown::Refuse)
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
    /// Everything else about it.
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
    /// What becomes of query parameters that no argument is called by; ignored without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_query: Option<Unknown>,
    /// What becomes of members of a body that its schema does not have; ignored without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_members: Option<Unknown>,
    /// Its paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ExposedResource>,
}

/// What becomes of what callers send under a name that is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// It is passed over.
    #[default]
    Ignore,
    /// The call is refused, naming the nearest name that is known.
    Refuse,
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
    /// What becomes of members of arguments that their schemas do not have; ignored without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_members: Option<Unknown>,
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
