//! The event streams of a session: their event IDs and messages. A stream also keeps its session alive while a client
//! listens.

use crate::expose::mcp::request_ids::{answered_id, is_renamed, restore};
use crate::expose::mcp::session_records::RENEWAL;
use crate::expose::mcp::session_settings::SessionSettings;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::ready;
use futures_util::{Stream, StreamExt};
use rmcp::transport::streamable_http_server::session::ServerSseMessage;
use rmcp::transport::streamable_http_server::session::local::LocalSessionHandle;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// A number that no request of a session has.
const NO_REQUEST: u64 = u64::MAX;

/// The length of the name of a copy of a session, in bytes before base64.
const ORIGIN: usize = 9;

/// The IDs of the events of a session in this process. The numbers that rmcp gives them start again in each replica, so
/// each ID begins with the name of this copy of the session.
pub(super) struct EventIds {
    origin: String,
    /// One more than the number of the last event that a stream of notifications has sent; 0 before the first.
    next: AtomicUsize,
}

impl Default for EventIds {
    fn default() -> Self {
        let mut origin = [0; ORIGIN];
        if let Err(error) = getrandom::fill(&mut origin) {
            // The name distinguishes copies, and protects nothing.
            tracing::error!(%error, "the system provides no random numbers");
        }
        Self { origin: URL_SAFE_NO_PAD.encode(origin), next: AtomicUsize::default() }
    }
}

impl EventIds {
    /// Returns the name of this copy of the session.
    pub(super) fn origin(&self) -> String {
        self.origin.clone()
    }

    pub(super) fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// Returns the ID by which rmcp knows an event; `None` for an event of another replica. rmcp itself begins a stream with an ID
    /// without a name.
    pub(super) fn own<'e>(&self, event: &'e str) -> Option<&'e str> {
        match event.split_once('.') {
            Some((origin, own)) => (origin == self.origin).then_some(own),
            None => Some(event),
        }
    }

    /// Counts the events of a stream of notifications while they are sent.
    pub(super) fn counting<S>(
        self: Arc<Self>,
        stream: S,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S>
    where
        S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    {
        stream.inspect(move |event| {
            let number = event.event_id.as_deref().and_then(|id| id.parse::<usize>().ok());
            self.next.fetch_max(number.map_or(0, |number| number.saturating_add(1)), Ordering::Relaxed);
        })
    }

    /// Adds the name of this copy of the session to the IDs of events.
    pub(super) fn named<S>(
        self: Arc<Self>,
        stream: S,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S>
    where
        S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    {
        stream.map(move |mut event| {
            if let Some(id) = &mut event.event_id {
                *id = format!("{}.{id}", self.origin);
            }
            event
        })
    }
}

/// Keeps a session alive, also in the store, as long as a client receives this stream of its notifications. If another replica has ended
/// the session, it ends here too.
pub(super) fn keeping_alive<S: Stream<Item = ServerSseMessage> + Send + Sync + 'static>(
    session: Option<LocalSessionHandle>,
    settings: Arc<SessionSettings>,
    stream: S,
) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S> {
    let kept = session.map(|session| {
        let kept = tokio::spawn(async move {
            loop {
                sleep(RENEWAL).await;
                if !settings.renew().await {
                    // The session may have ended here as well.
                    let _ = session.close().await;
                    return;
                }
                // Any message keeps a session alive. This message has no other effect, and fails once the session has ended.
                if session.close_request_wise_channel(NO_REQUEST).await.is_err() {
                    return;
                }
            }
        });
        KeptAlive(kept.abort_handle())
    });
    stream.inspect(move |_| {
        let _kept = &kept;
    })
}

/// A Tokio task that keeps a session alive. Dropping this value ends the task.
struct KeptAlive(AbortHandle);

impl Drop for KeptAlive {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Restores the client's IDs in a message of a session.
pub(super) fn restored(mut event: ServerSseMessage) -> ServerSseMessage {
    if let Some(message) = event.message.as_mut().filter(|message| is_renamed(message)) {
        restore(Arc::make_mut(message));
    }
    event
}

/// Removes the answers from a stream of messages that belong to no open request: these answers are to cancelled requests.
pub(super) fn without_answers<S>(stream: S) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static + use<S>
where
    S: Stream<Item = ServerSseMessage> + Send + Sync + 'static,
{
    let is_answer = |event: &ServerSseMessage| event.message.as_deref().and_then(answered_id).is_some();
    stream.filter(move |event| ready(!is_answer(event))).map(restored)
}
