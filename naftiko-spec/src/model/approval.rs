//! Which calls of an MCP adapter need the approval of a person, and who can give it.

use serde::{Deserialize, Serialize};

/// The tools of an MCP adapter that need approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// Only the tools with `confirm: true`.
    #[default]
    Declared,
    /// Also the tools that may be destructive according to their hints, except those with `confirm: false`.
    Destructive,
}

impl Confirm {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 2] = [("declared", Self::Declared), ("destructive", Self::Destructive)];
}

/// The party that can approve the calls of an MCP adapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The client's user if the client can ask them, otherwise the program that serves the capability.
    #[default]
    Any,
    /// Only the client's user: calls of clients that cannot ask are refused.
    Client,
    /// Only the program that serves the capability. Clients are not asked.
    Host,
}

impl Approval {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 3] = [("any", Self::Any), ("client", Self::Client), ("host", Self::Host)];
}
