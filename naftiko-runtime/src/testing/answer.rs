//! The answers of a test's upstream, valid or faulty.

use super::closed::Closed;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The size of each chunk of a [`large`](Answer::large) answer, in bytes.
const PIECE: usize = 64 * 1024;

/// An answer of an [`Upstream`](super::Upstream): a status, headers and a body, or a fault.
///
/// ```
/// use naftiko_runtime::testing::Answer;
///
/// let busy = Answer::json(429, serde_json::json!({ "error": "slow down" })).header("retry-after", "7");
/// let moved = Answer::redirect("http://127.0.0.1/elsewhere");
/// let huge = Answer::large(20_000_000).without_length();
/// # let _ = (busy, moved, huge);
/// ```
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: VecDeque<Bytes>,
    declares_length: bool,
    end: AnswerEnd,
}

/// The way in which an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnswerEnd {
    /// Normally.
    Complete,
    /// Never: the answer does not even start.
    Silence,
    /// Never: after its body, the connection stays open and nothing more is sent.
    Stall,
    /// Too early: after its body the connection closes, although more bytes were declared.
    CutOff,
}

impl Answer {
    /// Creates an answer with this status and no body.
    ///
    /// # Panics
    /// Panics if `status` is not between 100 and 999.
    #[must_use]
    #[track_caller]
    pub fn status(status: u16) -> Self {
        #[allow(clippy::expect_used, reason = "a test that is written wrongly should fail where it is wrong")]
        let status = StatusCode::from_u16(status).expect("a status is between 100 and 999");
        Self {
            status,
            headers: HeaderMap::new(),
            body: VecDeque::new(),
            declares_length: true,
            end: AnswerEnd::Complete,
        }
    }

    /// Creates a JSON answer.
    ///
    /// # Panics
    /// Panics if `status` is not a valid status.
    #[must_use]
    #[track_caller]
    #[allow(clippy::needless_pass_by_value, reason = "so that a call reads `Answer::json(200, json!({ … }))`")]
    pub fn json(status: u16, body: serde_json::Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    /// Creates an answer with a Content-Type and a body, which need not match.
    ///
    /// # Panics
    /// Panics if `status` is not a valid status, or `content_type` is not a valid header value.
    #[must_use]
    #[track_caller]
    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::status(status).header(CONTENT_TYPE.as_str(), content_type).body([body.into()])
    }

    /// Creates a redirect: 302 to this address.
    ///
    /// # Panics
    /// Panics if the address is not valid in a header.
    #[must_use]
    #[track_caller]
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header(LOCATION.as_str(), location)
    }

    /// Creates an answer with a JSON string of this many bytes, including the quotes, sent piece by piece.
    #[must_use]
    pub fn large(bytes: usize) -> Self {
        let piece = Bytes::from(vec![b'a'; PIECE]);
        let inner = bytes.saturating_sub(2);
        let pieces = std::iter::repeat_n(piece.clone(), inner / PIECE);
        let quote = Bytes::from_static(b"\"");
        let body = std::iter::once(quote.clone()).chain(pieces).chain([piece.slice(..inner % PIECE), quote]);
        Self::status(200).header(CONTENT_TYPE.as_str(), "application/json").body(body)
    }

    /// Creates an answer that never arrives: the request is accepted, and nothing is sent.
    #[must_use]
    pub fn hang() -> Self {
        Self { end: AnswerEnd::Silence, ..Self::status(200) }
    }

    /// Creates a JSON answer that declares more bytes than it sends before it closes the connection.
    #[must_use]
    pub fn cut_off() -> Self {
        let start = Self::of(200, "application/json", r#"{"id":"#).header(CONTENT_LENGTH.as_str(), "1000");
        Self { end: AnswerEnd::CutOff, ..start }
    }

    /// Sets the body, which is sent in these pieces.
    #[must_use]
    pub fn body(mut self, pieces: impl IntoIterator<Item = Bytes>) -> Self {
        self.body = pieces.into_iter().collect();
        self
    }

    /// Adds a header.
    ///
    /// # Panics
    /// Panics if the header is not valid.
    #[must_use]
    #[track_caller]
    #[allow(clippy::expect_used, reason = "a test that is written wrongly should fail where it is wrong")]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a valid header name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a valid header value");
        self.headers.append(name, value);
        self
    }

    /// Sends no computed Content-Length: the answer is chunked (RFC 9112, section 7.1).
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.declares_length = false;
        self
    }

    /// Keeps the connection open after the body, so that the answer never ends.
    #[must_use]
    pub fn then_stall(mut self) -> Self {
        self.end = AnswerEnd::Stall;
        self
    }

    /// Sends the answer. An answer that hangs does so until the upstream is dropped.
    pub(super) async fn send(self, mut closed: Closed) -> Response {
        if self.end == AnswerEnd::Silence {
            closed.wait().await;
        }
        let declared = self.declares_length && self.end == AnswerEnd::Complete;
        let length = declared.then(|| self.body.iter().map(|piece| piece.len() as u64).sum());
        let stall = (self.end == AnswerEnd::Stall).then(|| Box::pin(async move { closed.wait().await }) as Pin<Box<_>>);
        // A silent answer fails as soon as the upstream is dropped, so that nothing is sent. The other faults first pause once, so that
        // the body is sent.
        let paused = self.end == AnswerEnd::Silence;
        let script = ScriptedBody { pieces: self.body, length, stall, fail: self.end != AnswerEnd::Complete, paused };
        let mut response = Response::new(Body::new(script));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length: usize = self.body.iter().map(Bytes::len).sum();
        write!(f, "Answer({}, {:?}, {length} bytes, {:?})", self.status.as_u16(), self.headers, self.end)
    }
}

/// The body of an answer.
struct ScriptedBody {
    pieces: VecDeque<Bytes>,
    /// The length to declare, if one is declared.
    length: Option<u64>,
    /// Ends when the upstream is dropped; the body waits for it after its pieces.
    stall: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Whether the body ends with an error.
    fail: bool,
    /// Whether the body has paused before this error.
    paused: bool,
}

impl http_body::Body for ScriptedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let Some(stall) = &mut self.stall {
            std::task::ready!(stall.as_mut().poll(cx));
            self.stall = None;
        }
        if self.fail && !std::mem::replace(&mut self.paused, true) {
            // The pause lets the server flush the bytes in its buffer before the error.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if std::mem::take(&mut self.fail) {
            return Poll::Ready(Some(Err(io::Error::other("the test's upstream cuts the answer off here"))));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && self.stall.is_none() && !self.fail
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}
