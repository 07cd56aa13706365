//! The MCP adapter: a capability's tools, resources, prompts and skills over Streamable HTTP and over stdio, on rmcp.

mod adapter;
mod amended;
mod approval;
mod cache_hints;
mod caller;
mod canonical;
mod changes;
mod client_questions;
mod client_state;
mod completion;
mod confirmation;
mod content;
mod digits;
mod events;
mod fault;
mod file_content;
mod finder;
mod folder;
mod handler;
mod head;
mod json_string;
mod listed;
mod measured;
mod message;
mod named_target;
mod next_page;
#[cfg(feature = "page")]
mod offered;
mod outcome;
mod output_limit;
mod pipes;
mod prompt_messages;
mod prompts;
mod question_order;
mod refusal;
mod request_ids;
mod request_state;
mod resource_contents;
mod resources;
mod revision;
mod rights;
mod search;
mod service;
mod session_records;
mod session_settings;
mod sessions;
mod skills;
mod stdio;
mod streamed;
mod task_owner;
mod task_requests;
mod task_side;
mod tasks;
mod tools;
mod trace;
mod unanswered;
mod unparsed;
mod uri_template;

#[cfg(feature = "page")]
pub(crate) use offered::{DescribedTool, OfferedPrompt, OfferedResource};
pub use service::McpService;

use crate::error::Result;
use crate::expose::callers::Authenticator;
use crate::operation::{Approvals, Capability};
use crate::store::{PanicFree, Store};
use adapter::McpAdapter;
#[cfg(any(feature = "cli", feature = "page"))]
use listed::tokens_of;
use naftiko_spec::model::Expose;
use std::sync::Arc;

/// Returns what people should know about each tool of an adapter, in order: its size in tokens of a model's context, and notes about
/// approval and tasks. The second value is the size of the whole list, in tokens.
#[cfg(feature = "cli")]
pub(crate) fn tool_facts(capability: &Capability, expose: usize) -> (Vec<(usize, String)>, usize) {
    let adapter = McpAdapter::of(capability, Some(expose));
    let facts = adapter.own_tools().map(|entry| {
        let approval = entry.confirmation.is_some().then_some("(needs approval)");
        let task = entry.task.map(|_| "(task)");
        (tokens_of(&entry.json), approval.into_iter().chain(task).collect::<Vec<_>>().join(" "))
    });
    (facts.collect(), adapter.listed_json().map(tokens_of).sum())
}

#[cfg(feature = "page")]
impl McpService {
    /// Returns its tools, in the order of the document.
    pub(crate) fn described(&self) -> impl Iterator<Item = DescribedTool<'_>> {
        self.adapter.described()
    }

    /// Returns the approximate size of the list of tools, in tokens of a language model.
    pub(crate) fn listed_tokens(&self) -> usize {
        self.adapter.listed_json().map(tokens_of).sum()
    }

    /// Returns its resources, templates and folders.
    pub(crate) fn offered_resources(&self) -> Vec<OfferedResource> {
        self.adapter.resources.offered()
    }

    /// Returns its prompts.
    pub(crate) fn offered_prompts(&self) -> Vec<OfferedPrompt> {
        self.adapter.prompts.offered()
    }
}

impl Capability {
    /// Returns the first MCP adapter of this capability as a tower service. If there is none, the service has no tools,
    /// only the skills that the document lists.
    ///
    /// This call creates the tools, with the capability's current limits. Create the service once, and mount clones of it.
    ///
    /// ```
    /// # fn embed(capability: naftiko_runtime::Capability) -> axum::Router {
    /// axum::Router::new().route_service("/mcp", capability.mcp_service())
    /// # }
    /// ```
    #[must_use]
    pub fn mcp_service(&self) -> McpService {
        let exposes = &self.document().capability.exposes;
        self.mcp_service_at(exposes.iter().position(|expose| matches!(expose, Expose::Mcp(_))))
    }

    /// Returns the MCP adapter with that namespace, or a server for the skills of the skill adapter with that namespace, or `None`.
    #[must_use]
    pub fn mcp_service_of(&self, namespace: &str) -> Option<McpService> {
        let exposes = &self.document().capability.exposes;
        let expose = exposes.iter().position(|expose| {
            matches!(expose, Expose::Mcp(_) | Expose::Skill(_)) && expose.namespace() == namespace
        })?;
        Some(self.mcp_service_at(Some(expose)))
    }

    /// Returns the tool calls that wait for the approval of a person, to approve or refuse them. All clones of this
    /// capability share these calls.
    #[must_use]
    pub fn approvals(&self) -> &Approvals {
        &self.approvals
    }

    /// Returns the capability with another store for the state of its MCP adapters: replicas need one store that all of them share, and
    /// the same key in the environment variable `NAFTIKO_STATE_KEY`. Services that were created before keep the old store.
    #[must_use]
    pub fn with_store(mut self, store: impl Store) -> Self {
        self.approvals = Approvals::in_store(Arc::new(PanicFree(store)));
        self
    }

    fn mcp_service_at(&self, expose: Option<usize>) -> McpService {
        let adapter = McpAdapter::of(self, expose);
        adapter.resources.log_unserved();
        adapter.prompts.log_unserved();
        let service = McpService::new(adapter, Authenticator::or_broken(self, expose));
        let adapter = expose.and_then(|expose| self.document().capability.exposes.get(expose));
        match adapter {
            Some(Expose::Mcp(adapter)) if adapter.sessions == Some(true) => service.with_sessions(),
            _ => service,
        }
    }

    /// Serves the first MCP adapter over standard input and output, until the client closes the standard input.
    ///
    /// # Errors
    /// Returns an error if the handshake fails.
    pub async fn serve_stdio(&self) -> Result<()> {
        self.mcp_service().serve_stdio().await
    }
}
