//! The document as the specification (`naftiko: 1.0.0-alpha2`) defines it: one struct for each object, one field for each key.
//!
//! Fields are in the order in which published documents write them, so that exported documents look like published ones.

mod answer;
mod approval;
mod authentication;
mod cache;
mod caller_header;
mod consumed;
mod control;
mod exposed;
mod format;
mod functions;
mod hints;
mod input_schema;
mod keywords;
mod method;
mod oauth2;
mod offered;
mod paging;
mod parameters;
mod resilience;
mod resource_server;
mod scheme;
mod skill;
mod task;
mod tls;
mod token;

pub use answer::{ErrorAnswer, is_refusal, why_not_passed_on};
pub use approval::{Approval, Confirm};
pub use authentication::{Authentication, Placement, SignatureMethod};
pub use cache::{ByteSize, Cache, CacheLimits};
pub use caller_header::CallerHeader;
pub use consumed::{BodyKind, Consume, ConsumedOperation, ConsumedResource, RequestBody, TypedBody};
pub use control::{ControlEndpoints, IgnoredKey};
pub use exposed::{
    Expose, ExposeMcp, ExposeOther, ExposeRest, ExposedOperation, ExposedResource, Forward, StructuredContent, Tool,
    ToolList, Unknown,
};
pub use format::{Format, is_json, is_media_type};
pub use functions::{Aggregate, Function, Mapping, Semantics, Step};
pub use hints::Hints;
pub use input_schema::{InputSchemaFault, wrong_input_schema};
pub(crate) use keywords::subschemas_mut;
pub use keywords::{KeywordFault, keyword_fault, keywords, number_keyword, subschemas};
pub use method::Method;
pub use oauth2::{OAuth2, OAuth2Fault, TOKEN_EXCHANGE, wrong_token_url};
pub use offered::{McpPrompt, McpResource, PromptArgument, PromptMessage, PromptRole};
pub use paging::Paging;
pub use parameters::{InputParameter, OutputParameter, ParameterIn, Style};
pub use resilience::{
    CALL_LIMIT, CircuitBreaker, Concurrency, Hedge, IDEMPOTENCY_KEY, Milliseconds, OPERATION_LIMIT, RateLimit,
    Resilience, Retry,
};
pub use resource_server::{ResourceServer, Validation};
pub use scheme::{Scheme, SchemeKey};
pub use skill::{Skill, SkillTool};
pub use task::TaskSupport;
pub use tls::Tls;
pub use token::{invalid_name, is_header_name};
pub(crate) use token::{is_token, is_token_char};

use crate::exact::ExactNumbers;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

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
    /// The source text of numbers that a 64-bit float cannot represent exactly.
    #[serde(skip)]
    pub exact_numbers: ExactNumbers,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `info`: label, description and dates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Info {
    /// The capability's title, for people.
    #[serde(default)]
    pub label: String,
    /// What it does, and for whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Search terms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The day it was made, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The day it was last changed, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Its version, as OpenAPI and MCP publish it. Not in the specification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The people responsible for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stakeholders: Vec<Person>,
}

/// One of the `stakeholders`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Person {
    /// Their role: `owner`, `editor`, `reviewer` …
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// Their name.
    #[serde(default)]
    pub full_name: String,
    /// Their email address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One entry of `binds`: variables and where they come from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bind {
    /// The first part of `{{namespace.NAME}}`; `env` is the process environment.
    pub namespace: String,
    /// The purpose of these variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The source of the values: a path or a `file://` URI of a file or a folder, or a `vault://` URI of a secret; `None` for the process
    /// environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The names used in the document, each with its name at the source.
    #[serde(default)]
    pub keys: IndexMap<String, String>,
}

/// `capability`: what is consumed and what is exposed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Capability {
    /// Variables of this capability only; they are looked up before the variables of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binds: Vec<Bind>,
    /// The HTTP APIs that it calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumes: Vec<Consume>,
    /// Its adapters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposes: Vec<Expose>,
    /// Functions that adapters share: `ref: NAMESPACE.FUNCTION`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aggregates: Vec<Aggregate>,
}
