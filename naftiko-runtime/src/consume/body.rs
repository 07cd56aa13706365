//! Reads an answer's body: all of it, only its beginning, or as a stream in which secrets are masked.

use super::coding::Coding;
use super::context::ClientContext;
use super::failure;
use super::redact::BodyMasker;
use super::transport::Incoming;
use super::unpack;
use super::upstream_call::UpstreamCall;
use crate::error::{Error, Result};
use crate::formats::text::MARK;
use crate::limits::CallBudget;
use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep};

/// The maximum memory that is allocated in advance for an answer that declares its length, in bytes.
const TRUSTED_LENGTH: usize = 1024 * 1024;

/// Drops a byte-order mark.
pub(crate) fn without_bom(mut text: Bytes) -> Bytes {
    if text.starts_with(MARK) {
        text.advance(MARK.len());
    }
    text
}

/// Reads a whole body.
pub(crate) async fn collect(
    mut body: Incoming,
    upstream_call: &UpstreamCall,
    limit: usize,
    call_budget: &CallBudget,
) -> Result<Bytes> {
    let declared = body.size_hint().exact();
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(failure::too_large(upstream_call, limit));
    }
    let broken = |failure| failure::broken(upstream_call, failure);
    let Some(first) = body.next().await.map_err(broken)? else { return Ok(Bytes::new()) };
    call_budget.reserve(first.len())?;
    // A body that arrived in one piece is not copied.
    if body.is_end_stream() {
        return check_length(first, upstream_call, limit);
    }
    let Some(second) = body.next().await.map_err(broken)? else { return check_length(first, upstream_call, limit) };
    let length = declared.and_then(|length| usize::try_from(length).ok()).unwrap_or_default().min(TRUSTED_LENGTH);
    let mut whole = BytesMut::with_capacity(length.max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    whole.extend_from_slice(&second);
    let mut reserved = first.len();
    while whole.len() <= limit {
        call_budget.reserve(whole.capacity().saturating_sub(reserved))?;
        reserved = reserved.max(whole.capacity());
        let Some(piece) = body.next().await.map_err(broken)? else { break };
        whole.extend_from_slice(&piece);
    }
    check_length(whole.freeze(), upstream_call, limit)
}

/// Returns a body unless it is larger than the limit.
fn check_length(body: Bytes, upstream_call: &UpstreamCall, limit: usize) -> Result<Bytes> {
    if body.len() > limit { Err(failure::too_large(upstream_call, limit)) } else { Ok(body) }
}

/// Reads the beginning of a body, decoded: at most `length` bytes that arrive before `deadline`. Also returns whether it is the whole
/// body. Returns no bytes if a coding is not supported.
pub(crate) async fn beginning(
    mut body: Incoming,
    codings: Result<Vec<Coding>, String>,
    length: usize,
    deadline: Instant,
) -> (Bytes, bool) {
    let Ok(codings) = codings else { return (Bytes::new(), true) };
    let mut start = BytesMut::new();
    let mut is_whole = false;
    while start.len() < length {
        match tokio::time::timeout_at(deadline, body.next()).await {
            Ok(Ok(Some(piece))) => start.extend_from_slice(&piece),
            Ok(Ok(None)) => {
                is_whole = true;
                break;
            }
            Ok(Err(_)) | Err(_) => break,
        }
    }
    start.truncate(length);
    let (bytes, is_complete) = unpack::beginning(&codings, start.freeze(), length);
    (bytes, is_whole && is_complete)
}

/// The kind of a streamed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKind {
    /// JSON: its size and its total time are limited.
    Json,
    /// The answer to a forwarded request: it has the same limits as JSON.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents forward"))]
    Forward,
    /// A file of any length: the time limit applies to each chunk, both to receiving and to passing it on.
    File,
}

/// A body that is streamed.
pub(crate) struct Streamed {
    body: Incoming,
    /// How many more bytes are allowed.
    left: usize,
    /// The first piece, which was read in advance.
    first: Option<Bytes>,
    masker: BodyMasker,
    /// The masked bytes that are left once the upstream's body has ended.
    rest: Bytes,
    done: bool,
    deadline: Instant,
    /// Whether the deadline applies to the next piece only.
    is_file: bool,
    /// Wakes the task at the deadline; set once the body has to wait.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Whether the last poll had to wait for the upstream; otherwise the reader is slow.
    is_waiting: bool,
    context: Arc<ClientContext>,
    upstream_call: Arc<UpstreamCall>,
    /// Counts the operation as in flight until its answer ends.
    _budget: CallBudget,
}

impl Streamed {
    /// Creates a stream from the body of an answer.
    ///
    /// # Errors
    /// Returns an error if the declared length is too large.
    pub(crate) fn new(
        body: Incoming,
        context: Arc<ClientContext>,
        upstream_call: Arc<UpstreamCall>,
        (kind, deadline): (StreamKind, Instant),
        is_json: bool,
        call_budget: CallBudget,
    ) -> Result<Self> {
        let is_file = kind == StreamKind::File;
        let limit = if is_file { usize::MAX } else { context.max_answer };
        if body.size_hint().exact().is_some_and(|length| length > limit as u64) {
            return Err(failure::too_large(&upstream_call, limit));
        }
        let (first, rest, done, alarm, masker) = (None, Bytes::new(), false, None, BodyMasker::new(is_json));
        Ok(Self {
            body,
            left: limit,
            first,
            masker,
            rest,
            done,
            deadline,
            is_file,
            alarm,
            is_waiting: false,
            context,
            upstream_call,
            _budget: call_budget,
        })
    }

    /// Waits for the first bytes, skipping a byte-order mark if `skips_mark` is set. Returns whether there are any.
    ///
    /// # Errors
    /// Returns an error if the body fails before its first byte.
    pub(crate) async fn begins(&mut self, mut skips_mark: bool) -> Result<bool> {
        let mut first = Bytes::new();
        while let Some(piece) = std::future::poll_fn(|cx| self.poll_piece(cx)).await {
            let piece = piece?;
            first = if first.is_empty() { piece } else { [first, piece].concat().into() };
            if skips_mark && first.len() < MARK.len() && MARK.starts_with(&first) {
                continue;
            }
            if std::mem::take(&mut skips_mark) {
                first = without_bom(first);
            }
            if !first.is_empty() {
                break;
            }
        }
        self.first = Some(first).filter(|first| !first.is_empty());
        Ok(self.first.is_some())
    }

    /// Polls for the next piece from the upstream, within the time and size limits.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let frame = match Pin::new(&mut self.body).poll_frame(cx) {
            // A slow reader has the same time limit as a slow upstream.
            Poll::Ready(Some(_)) if self.deadline <= Instant::now() => {
                let too_slow = if self.is_waiting { failure::too_slow } else { failure::read_too_slowly };
                return Poll::Ready(Some(Err(too_slow(&self.upstream_call))));
            }
            Poll::Ready(frame) => {
                self.is_waiting = false;
                if self.is_file {
                    (self.deadline, self.alarm) = (Instant::now() + self.upstream_call.timeout, None);
                }
                frame
            }
            Poll::Pending => {
                self.is_waiting = true;
                let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(self.deadline)));
                ready!(alarm.as_mut().poll(cx));
                return Poll::Ready(Some(Err(failure::too_slow(&self.upstream_call))));
            }
        };
        let piece = match frame {
            None => return Poll::Ready(None),
            // Trailers are not passed on.
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(failure)) => return Poll::Ready(Some(Err(failure::broken(&self.upstream_call, failure)))),
        };
        let Some(left) = self.left.checked_sub(piece.len()) else {
            return Poll::Ready(Some(Err(failure::too_large(&self.upstream_call, self.context.max_answer))));
        };
        self.left = left;
        Poll::Ready(Some(Ok(piece)))
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        let this = &mut *self;
        while !this.done {
            match ready!(this.poll_piece(cx)) {
                Some(Ok(piece)) => {
                    let piece = this.masker.piece(&this.context.answers, piece);
                    if !piece.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    // Other tasks get a turn: many pieces may be searched and held back one after another.
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Err(error)) => {
                    // Callers only see that the body ends early.
                    let (upstream, operation) = (&this.upstream_call.upstream.namespace, &this.upstream_call.name);
                    tracing::warn!(upstream, operation, error = ?error, "a streamed answer ended early");
                    this.done = true;
                    this.masker.clear();
                    return Poll::Ready(Some(Err(error.logged())));
                }
                None => {
                    this.done = true;
                    this.rest = this.masker.last(&this.context.answers, Bytes::new());
                }
            }
        }
        let rest = std::mem::take(&mut this.rest);
        Poll::Ready((!rest.is_empty()).then(|| Ok(Frame::data(rest))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
            && self.masker.pending() == 0
            && self.first.is_none()
            && (self.done || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let held = (self.rest.len() + self.masker.pending() + self.first.as_ref().map_or(0, Bytes::len)) as u64;
        match self.body.size_hint().exact() {
            _ if self.done => SizeHint::with_exact(held),
            Some(left) => SizeHint::with_exact(left + held),
            None => SizeHint::new(),
        }
    }
}
