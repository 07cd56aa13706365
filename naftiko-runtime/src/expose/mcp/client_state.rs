//! One client of an MCP adapter, during its session or, without sessions, during one request.

use super::changes::{Changes, Subscribed};
use super::tools::McpAdapter;
use crate::operation::LogLevel;
use futures_util::future::{Either, select};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A client and its settings.
#[derive(Clone)]
pub(super) struct ClientState {
    pub(super) adapter: Arc<McpAdapter>,
    /// Whether this state lasts longer than one request, so that the client can be asked questions.
    has_session: bool,
    level: Arc<AtomicU8>,
    pub(super) subscribed: Arc<Subscribed>,
}

impl ClientState {
    /// Creates the client of one request.
    pub(super) fn of_request(adapter: Arc<McpAdapter>) -> Self {
        Self {
            adapter,
            has_session: false,
            level: Arc::new(AtomicU8::new(LogLevel::Info as u8)),
            subscribed: Arc::default(),
        }
    }

    /// Creates the client of a session.
    pub(super) fn of_session(adapter: Arc<McpAdapter>) -> Self {
        Self { has_session: true, ..Self::of_request(adapter) }
    }

    pub(super) fn has_session(&self) -> bool {
        self.has_session
    }

    /// Returns the minimum level of the log messages that the client gets.
    pub(super) fn level(&self) -> LogLevel {
        const ALL: [LogLevel; 8] = [
            LogLevel::Debug,
            LogLevel::Info,
            LogLevel::Notice,
            LogLevel::Warning,
            LogLevel::Error,
            LogLevel::Critical,
            LogLevel::Alert,
            LogLevel::Emergency,
        ];
        let level = self.level.load(Ordering::Relaxed);
        ALL.get(usize::from(level)).copied().unwrap_or(LogLevel::Info)
    }

    pub(super) fn set_level(&self, level: LogLevel) {
        self.level.store(level as u8, Ordering::Relaxed);
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
