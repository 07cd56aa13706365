//! The open requests of one session.

use super::known_cancellations::Cancellations;
use super::questions::SessionQuestions;
use super::streams::EventIds;
use crate::expose::mcp::request_ids::RequestIds;
use crate::expose::mcp::session_settings::SessionSettings;
use crate::expose::mcp::unanswered::Unanswered;
use rmcp::model::RequestId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The requests of one session. rmcp's session sends an answer to the stream of the request with the same ID. So a request with the
/// ID of a cancelled request gets [another ID](RequestIds) before it enters the session, and the client's ID is restored in the streams.
pub(super) struct SessionRequests {
    pub(super) unanswered: Arc<Unanswered>,
    ids: Mutex<RequestIds>,
    pub(super) events: Arc<EventIds>,
    pub(super) questions: Arc<SessionQuestions>,
    pub(super) settings: Arc<SessionSettings>,
    pub(super) cancellations: Cancellations,
    /// Whether the handshake has ended. Requests can find a session that is being taken over from another replica before its handshake
    /// has ended.
    ready: AtomicBool,
}

impl SessionRequests {
    /// Creates the state of a session that has no requests yet.
    pub(super) fn new(
        events: Arc<EventIds>,
        questions: Arc<SessionQuestions>,
        settings: Arc<SessionSettings>,
        is_ready: bool,
    ) -> Self {
        Self {
            unanswered: Arc::default(),
            ids: Mutex::default(),
            questions,
            events,
            cancellations: Cancellations::new(settings.earlier_cancellations()),
            settings,
            ready: is_ready.into(),
        }
    }

    /// Returns whether the session can be used.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Lets requests use a session that has been taken over.
    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Returns whether this process runs the request with that ID.
    pub(super) fn has_open(&self, id: &RequestId) -> bool {
        !self.unanswered.open(|open| open == id).is_empty()
    }

    pub(super) fn ids(&self) -> MutexGuard<'_, RequestIds> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether another replica has sent the event with this ID.
    pub(super) fn is_of_another_replica(&self, event: &str) -> bool {
        self.events.own(event).is_none()
    }
}
