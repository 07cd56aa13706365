//! One client of an MCP adapter, during its session or, without sessions, during one request.

use super::adapter::McpAdapter;
use super::changes::Changes;
use super::rights::Rights;
use super::session_settings::SessionSettings;
use crate::operation::{Caller, LogLevel};
use futures_util::future::{Either, select};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use std::pin::pin;
use std::sync::Arc;

/// A client and its settings.
#[derive(Clone)]
pub(super) struct ClientState {
    pub(super) adapter: Arc<McpAdapter>,
    /// Whether this state lasts longer than one request, so that the client can be asked questions.
    has_session: bool,
    pub(super) settings: Arc<SessionSettings>,
    /// The rights of the caller whose request created this state.
    rights: Arc<Rights>,
}

tokio::task_local! {
    /// The rights of the caller of the HTTP request that rmcp is handling. rmcp does not pass the request to the
    /// function that creates the state.
    static REQUEST_RIGHTS: Arc<Rights>;
}

/// Handles an HTTP request of a caller with rmcp.
pub(super) async fn with_rights_of<T>(caller: Option<Caller>, handle: impl Future<Output = T>) -> T {
    REQUEST_RIGHTS.scope(Arc::new(Rights::Of(caller)), handle).await
}

impl ClientState {
    /// Creates the client of one request.
    pub(super) fn of_request(adapter: Arc<McpAdapter>) -> Self {
        Self {
            adapter,
            has_session: false,
            settings: Arc::default(),
            rights: REQUEST_RIGHTS.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Rights::Of(None))),
        }
    }

    /// Creates the client of a session with these settings.
    pub(super) fn of_session(adapter: Arc<McpAdapter>, settings: Arc<SessionSettings>) -> Self {
        Self { has_session: true, settings, ..Self::of_request(adapter) }
    }

    /// Creates the client over stdio, which has all rights.
    pub(super) fn of_pipes(adapter: Arc<McpAdapter>) -> Self {
        Self { rights: Arc::new(Rights::All), ..Self::of_session(adapter, Arc::default()) }
    }

    /// Returns whether the client may subscribe to the resource at this URI.
    pub(super) fn may_subscribe(&self, uri: &str) -> bool {
        self.adapter.resources.find(uri).is_ok_and(|found| self.rights.include(found.scopes()))
    }

    pub(super) fn has_session(&self) -> bool {
        self.has_session
    }

    /// Returns the minimum level of the log messages that the client gets.
    pub(super) fn level(&self) -> LogLevel {
        self.settings.level()
    }

    pub(super) fn changes(&self) -> Arc<Changes> {
        self.adapter.changes.clone()
    }
}

/// Runs work until it ends. Returns an error if the client cancels the request.
pub(super) async fn cancellable<T>(
    work: impl Future<Output = T>,
    context: &RequestContext<RoleServer>,
) -> Result<T, ErrorData> {
    match select(pin!(work), pin!(context.ct.cancelled())).await {
        Either::Left((result, _)) => Ok(result),
        Either::Right(((), _)) => Err(ErrorData::internal_error("the call was cancelled", None)),
    }
}
