//! Which calls of an MCP adapter need the approval of a person, and who can give it.

use serde::{Deserialize, Serialize};

/// Which tools of an MCP adapter need approval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confirm {
    /// Those that declare it.
    #[default]
    Declared,
    /// Those too whose hints allow that they destroy something, unless they declare otherwise.
    Destructive,
}

impl Confirm {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 2] = [("declared", Self::Declared), ("destructive", Self::Destructive)];
}

/// Who can approve the calls of an MCP adapter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approval {
    /// The client's user if the client can ask them, otherwise the host.
    #[default]
    Any,
    /// Only the client's user: calls of clients that cannot ask are refused.
    Client,
    /// Only the host, that is the program that serves the capability: clients are not asked.
    Host,
}

impl Approval {
    /// The words of documents and attributes, each with its meaning.
    pub const WORDS: [(&'static str, Self); 3] = [("any", Self::Any), ("client", Self::Client), ("host", Self::Host)];
}
