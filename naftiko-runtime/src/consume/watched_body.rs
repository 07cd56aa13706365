//! The bodies of requests over HTTP/2 and of their answers, watched while they are sent and read, and the errors of peers that did not
//! process a request.

use super::fault::{Failure, chain, is_malformed};
use super::outgoing::Outgoing;
use super::streams::OpenCall;
use crate::error::Error;
use bytes::Bytes;
use http::Method;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

/// The body of a request over HTTP/2. It records its error and whether it was read, which hyper does not report.
pub(super) struct WatchedBody {
    pub(super) body: Outgoing,
    /// Whether hyper must read the body even if it is empty. Reading it shows that hyper has handed the request over to h2.
    is_always_read: bool,
    progress: Arc<BodyProgress>,
}

/// The progress of reading a request's body. It also holds the call, which stays open until the bodies of the request
/// and the answer have ended.
pub(super) struct BodyProgress {
    begun: AtomicBool,
    error: OnceLock<Error>,
    _call: OpenCall,
}

/// The body of an answer. Over HTTP/2, it keeps the call open until it is read to its end or dropped, and fails if it
/// is truncated.
pub(crate) struct WatchedIncoming {
    body: Incoming,
    call: Option<Arc<BodyProgress>>,
}

impl WatchedBody {
    /// Creates the body of a request with this method.
    pub(super) fn new(body: Outgoing, method: &Method, call: OpenCall) -> (Self, Arc<BodyProgress>) {
        let progress = BodyProgress { begun: AtomicBool::new(false), error: OnceLock::new(), _call: call };
        let progress = Arc::new(progress);
        // Idempotent requests are sent again even if they may have been processed, so it does not matter whether their bodies were read.
        let is_always_read = !method.is_idempotent();
        (Self { body, is_always_read, progress: progress.clone() }, progress)
    }
}

impl BodyProgress {
    /// Returns the error that ended the body.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.get()
    }

    /// Returns whether a peer reported that it did not process the request with this body (RFC 9113, section 8.7).
    pub(super) fn is_unprocessed(&self, error: &(dyn StdError + 'static)) -> bool {
        let Some(error) = remote(error) else { return false };
        if error.is_reset() {
            return error.reason() == Some(h2::Reason::REFUSED_STREAM);
        }
        // h2 reports a GOAWAY to the streams that the peer did not process. hyper also reports a GOAWAY that arrives while it hands a
        // request over to h2. That request may still be sent, but its body has not been read yet.
        error.is_go_away() && self.begun.load(Ordering::Acquire)
    }
}

/// Returns whether a peer refused a stream, went away, or wants the request over HTTP/1.1.
pub(super) fn is_refusal(error: &(dyn StdError + 'static)) -> bool {
    let is_refused =
        remote(error).is_some_and(|error| error.is_go_away() || error.reason() == Some(h2::Reason::REFUSED_STREAM));
    is_refused || requires_http1(error)
}

/// Returns whether a peer wants requests over HTTP/1.1 (RFC 9113, section 7).
pub(super) fn requires_http1(error: &(dyn StdError + 'static)) -> bool {
    remote(error).and_then(h2::Error::reason) == Some(h2::Reason::HTTP_1_1_REQUIRED)
}

/// Returns the reason for which a peer reset a stream over HTTP/2; `None` if it did not.
pub(super) fn reset_reason(error: &(dyn StdError + 'static)) -> Option<h2::Reason> {
    remote(error).filter(|error| error.is_reset()).and_then(h2::Error::reason)
}

/// Returns the error that the peer of an HTTP/2 connection sent.
fn remote<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a h2::Error> {
    chain(error).find_map(<dyn StdError>::downcast_ref::<h2::Error>).filter(|error| error.is_remote())
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.progress.begun.store(true, Ordering::Release);
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Err(error))) = &polled {
            let _ = self.progress.error.set(error.copied());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        // hyper does not read a body that reports its end before the first read.
        !self.is_always_read && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl WatchedIncoming {
    pub(super) fn new(body: Incoming, call: Option<Arc<BodyProgress>>) -> Self {
        Self { call: call.filter(|_| !body.is_end_stream()), body }
    }
}

impl Body for WatchedIncoming {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let polled = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(match polled {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => {
                self.call = None;
                let is_malformed = is_malformed(&error);
                Some(Err(if is_malformed { Failure::Malformed(error.into()) } else { Failure::Broken(error.into()) }))
            }
            // hyper treats a reset with NO_ERROR as the end of the body. A peer may only send it after the end (RFC 9113, section 8.1); the
            // body then reports its end.
            None if self.call.take().is_some() && !self.body.is_end_stream() => {
                Some(Err(Failure::Broken("the stream was reset before the end of the answer".into())))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
