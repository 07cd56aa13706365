//! The error type of this crate: what happened, where, and what to do.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use naftiko_spec::{printable, printable_lines};
use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of an operation, of an adapter, or at startup.
///
/// `Display` is a message for people and agents. `Debug` adds the operation and the causes, since a failing `main` prints
/// `Debug`. Neither contains a secret.
///
/// ```
/// use naftiko_runtime::{Error, http::StatusCode};
///
/// let error = Error::new(StatusCode::CONFLICT, "there is already a token with this name");
/// assert_eq!(error.status(), StatusCode::CONFLICT);
/// assert_eq!(error.to_string(), "there is already a token with this name");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    status: StatusCode,
    operation: Option<String>,
    pointer: Option<String>,
    /// The namespace of the API that failed.
    api: Option<String>,
    upstream: Option<UpstreamError>,
    /// The headers of the refusal that an application's error was created from. If `upstream` is set, it contains the headers instead.
    headers: HeaderMap,
    retry_after: Option<RetryAfter>,
    /// The reason why calling again cannot help; `None` if calling again may help.
    lasting: Option<LastingCause>,
    /// Whether it is certain that no request with an effect has been sent to the upstream.
    unsent: bool,
    /// Whether the error has been logged where it happened.
    logged: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Data for code of this crate that handles the error; never shown, since it can contain secrets.
    #[cfg_attr(not(all(feature = "client", feature = "cli")), allow(dead_code, reason = "only programs read it"))]
    attached: Option<Box<dyn Any + Send + Sync>>,
}

/// The kind of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program is not configured correctly: a missing variable, an invalid base URI, a port that is in use.
    Configuration,
    /// An argument is missing, has the wrong type, or does not match its schema; [`Error::pointer`] names it.
    Argument,
    /// The application's own error, with the status that it chose.
    Application,
    /// The upstream answered with a 4xx that the caller caused ([`Error::upstream`] has the answer), or the authorization server does
    /// not exchange the caller's token.
    Upstream,
    /// The resource still matches the caller's validator (304); [`Error::upstream`] has the headers. This is not a failure, but
    /// there is no value to return.
    NotModified,
    /// The upstream refused the capability's own credential (401), or that credential could not be obtained.
    Credential,
    /// The upstream asks its callers to wait (403, 429 or 503, with `Retry-After` or the headers of an exhausted rate limit), or a
    /// limit of this program is reached; [`Error::retry_after`] returns the delay, if there is one.
    Throttled,
    /// The upstream's answer cannot be used: a 3xx or 5xx, a 206 that was not requested, a status about the connection to the
    /// upstream (407, 408, 411, 417, 421, 425, 426), or an answer that is unreadable, empty or too large.
    BadAnswer,
    /// The upstream, its authorization server or the store cannot be reached.
    Unreachable,
    /// The upstream or the operation took too long.
    Timeout,
    /// The method panicked.
    Panic,
    /// An internal error that is logged and hidden from callers.
    Internal,
}

/// The reason why calling again cannot help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastingCause {
    /// The API is called incorrectly.
    Request,
    /// The answer is larger than a limit allows.
    Size,
}

/// An upstream's answer that is not a success.
#[derive(Clone, Default)]
pub struct UpstreamError {
    /// Its status.
    pub status: StatusCode,
    /// The beginning of its body (at most 64 KiB), with secrets masked. If a byte-order mark or its Content-Type declares another
    /// encoding that is supported, such as ISO-8859-1, the body is converted to UTF-8.
    pub body: Bytes,
    /// Its Content-Type, unless it is long or not ASCII.
    pub content_type: Option<String>,
    /// The headers that are passed on to callers, with secrets masked: `WWW-Authenticate`, `Allow`, `ETag` and others.
    pub headers: HeaderMap,
}

/// The delay before a caller may try again, in the format of `Retry-After` (RFC 9110, section 10.2.3): seconds or a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryAfter(pub String);

impl RetryAfter {
    /// Returns the delay if it was given in seconds; `None` if it was given as a date.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.0.trim().parse().ok().map(Duration::from_secs)
    }
}

impl Error {
    /// Creates an error of the application, with the status of the REST answer.
    #[cold]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Application, status, message)
    }

    /// Creates an internal error (status 500): the cause is logged and hidden from callers.
    #[cold]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::of(ErrorKind::Internal, StatusCode::INTERNAL_SERVER_ERROR, "the operation failed").because(source)
    }

    /// Creates an error about the argument at `pointer` (RFC 6901, relative to the object of arguments: `/user_id`,
    /// `/body/name`).
    #[cold]
    pub fn argument(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, message);
        error.0.pointer = Some(pointer.into());
        error
    }

    /// Creates an error about the configuration of the program.
    #[cold]
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Configuration, StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Creates an error of a kind, with the status of the REST answer.
    #[cold]
    pub(crate) fn of(kind: ErrorKind, status: StatusCode, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status,
            operation: None,
            pointer: None,
            api: None,
            upstream: None,
            headers: HeaderMap::new(),
            retry_after: None,
            lasting: None,
            unsent: false,
            logged: false,
            source: None,
            attached: None,
        }))
    }

    /// Sets the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Returns a copy for another call that shared the failed request. The copy keeps the cause only as a string.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client shares requests"))]
    pub(crate) fn copied(&self) -> Self {
        let inner = &self.0;
        Self(Box::new(Inner {
            kind: inner.kind,
            message: inner.message.clone(),
            status: inner.status,
            operation: inner.operation.clone(),
            pointer: inner.pointer.clone(),
            api: inner.api.clone(),
            upstream: inner.upstream.clone(),
            headers: inner.headers.clone(),
            retry_after: inner.retry_after.clone(),
            lasting: inner.lasting,
            unsent: inner.unsent,
            logged: inner.logged,
            source: inner.source.as_ref().map(|source| source.to_string().into()),
            attached: None,
        }))
    }

    /// Attaches data, which is never shown.
    #[must_use]
    #[cfg(all(feature = "client", feature = "cli"))]
    pub(crate) fn with_attached(mut self, data: impl Any + Send + Sync) -> Self {
        self.0.attached = Some(Box::new(data));
        self
    }

    /// Returns the attached data; `None` if there is none of type `T`.
    #[must_use]
    #[cfg(all(feature = "client", feature = "cli"))]
    pub(crate) fn attached<T: Any>(&self) -> Option<&T> {
        self.0.attached.as_ref()?.downcast_ref()
    }

    /// Sets the operation, unless one is set already.
    #[must_use]
    pub(crate) fn in_operation(mut self, operation: &str) -> Self {
        self.0.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// Sets the operation to the name that its caller used, replacing any other.
    #[must_use]
    pub(crate) fn with_operation_name(mut self, name: &str) -> Self {
        self.0.operation = Some(name.to_owned());
        self
    }

    /// Adds to the message the step of the operation in which the error happened.
    #[must_use]
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents have steps"))]
    pub(crate) fn in_step(mut self, step: &str) -> Self {
        self.0.message = format!("the step `{step}` failed: {}", self.0.message);
        self
    }

    /// Sets the API that failed, unless one is set already.
    #[must_use]
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an upstream"))]
    pub(crate) fn of_api(mut self, namespace: &str) -> Self {
        self.0.api.get_or_insert_with(|| namespace.to_owned());
        self
    }

    /// Adds the upstream's answer.
    #[must_use]
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an upstream"))]
    pub(crate) fn with_upstream(mut self, upstream: UpstreamError) -> Self {
        self.0.upstream = Some(upstream);
        self
    }

    /// Marks the error as caused by an incorrect call of the API, which calling again cannot fix.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an upstream"))]
    pub(crate) fn lasting(mut self) -> Self {
        self.0.lasting = Some(LastingCause::Request);
        self
    }

    /// Marks the error as one about an answer that is too large, which calling again cannot fix.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an upstream"))]
    pub(crate) fn too_large(mut self) -> Self {
        self.0.lasting = Some(LastingCause::Size);
        self
    }

    /// Marks the error as one that happened before any request with an effect was sent.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client refuses calls"))]
    pub(crate) fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    /// Removes the mark of [`unsent`](Self::unsent), because an earlier attempt may have taken effect.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client repeats requests"))]
    pub(crate) fn sent(mut self) -> Self {
        self.0.unsent = false;
        self
    }

    /// Changes an error that callers would take as proof that nothing was done. The error becomes a 502, and `done`, which says what may
    /// have been done, is added to its message.
    pub(crate) fn uncertain(mut self, done: &str) -> Self {
        let inner = &mut *self.0;
        (inner.kind, inner.status) = (ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY);
        (inner.retry_after, inner.lasting, inner.unsent) = (None, None, false);
        self.noting(done)
    }

    /// Adds to the message `done`, which says what has been done, or may have been done.
    pub(crate) fn noting(mut self, done: &str) -> Self {
        self.0.message = format!("{}; {done}", self.0.message);
        self
    }

    /// Adds to the message `done`, which says that an earlier call of the operation has taken effect, or may have. An error that advises
    /// callers to call again is also changed as [`uncertain`](Self::uncertain) does.
    pub(crate) fn after_effect(self, done: &str) -> Self {
        match self.kind() {
            ErrorKind::Throttled | ErrorKind::Unreachable => self.uncertain(done),
            _ => self.noting(done),
        }
    }

    /// Marks the error as one that has been logged where it happened, since its caller may not report it.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client has answers that break off"))]
    pub(crate) fn logged(mut self) -> Self {
        self.0.logged = true;
        self
    }

    /// Returns whether the error has been logged already.
    pub(crate) fn is_logged(&self) -> bool {
        self.0.logged
    }

    /// Returns whether it is certain that no request with an effect has been sent to the upstream.
    pub(crate) fn is_unsent(&self) -> bool {
        self.0.unsent
    }

    /// Returns why calling again cannot help; `None` if calling again may help.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only MCP clients get this advice"))]
    pub(crate) fn lasting_cause(&self) -> Option<LastingCause> {
        self.0.lasting
    }

    /// Adds the delay before a caller may try again.
    #[must_use]
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client calls an upstream"))]
    pub(crate) fn with_retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Returns the status, the passed-on headers and the delay of an upstream's refusal.
    pub(crate) fn refusal(&self) -> Option<(StatusCode, HeaderMap, Option<RetryAfter>)> {
        let upstream = self.0.upstream.as_ref()?;
        Some((upstream.status, upstream.headers.clone(), self.0.retry_after.clone()))
    }

    /// Adds the headers and the delay of a refusal to the error that was created from it, if both have the same status.
    pub(crate) fn with_refusal(mut self, refusal: Option<(StatusCode, HeaderMap, Option<RetryAfter>)>) -> Self {
        if let Some((_, headers, delay)) = refusal.filter(|(status, ..)| *status == self.0.status) {
            let known = self.0.upstream.as_mut().map_or(&mut self.0.headers, |upstream| &mut upstream.headers);
            if known.is_empty() {
                *known = headers;
            }
            self.0.retry_after = self.0.retry_after.or(delay);
        }
        self
    }

    /// Returns the headers of the refusal that are passed on to callers.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST has headers"))]
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.0.upstream.as_ref().map_or(&self.0.headers, |upstream| &upstream.headers)
    }

    /// Returns the causes, the immediate one first.
    pub(crate) fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        std::iter::successors(self.source(), |cause| (*cause).source())
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the status of the REST answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Returns the status that callers get: an error never has a success status, even if the application sets one.
    #[cfg(any(feature = "rest", feature = "mcp"))]
    pub(crate) fn callers_status(&self) -> StatusCode {
        let status = self.status();
        match self.kind() {
            ErrorKind::NotModified => status,
            ErrorKind::Internal | ErrorKind::Panic | ErrorKind::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
            _ if status.is_client_error() || status.is_server_error() => status,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the operation that failed: the name that its caller used (a method of the client, the name given to
    /// [`Capability::call`](crate::Capability::call), or a tool), or the name in the document if no caller named it.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Returns the argument at fault, as a JSON Pointer (RFC 6901): `/user_id`, `/body/name`.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        self.0.pointer.as_deref()
    }

    /// Returns the namespace of the API that failed; `None` if the error has another cause. It distinguishes the errors of
    /// several APIs.
    #[must_use]
    pub fn api(&self) -> Option<&str> {
        self.0.api.as_deref()
    }

    /// Returns whether another implementation may answer in place of the one that failed: the API could not be reached, took too
    /// long, asks its callers to wait, failed (5xx), or sent an answer that cannot be used; a limit on requests to the API refused the
    /// call; or the application chose 502, 503 or 504. [`Capability::with_fallback`](crate::Capability::with_fallback) calls this.
    ///
    /// Errors that the caller caused (a wrong argument, a 4xx) or the program caused (its credential, its configuration, its
    /// other limits, a panic) return `false`: another implementation would fail as well, or would hide a problem that the
    /// operator must see. The failed call may have taken effect, so repeat only calls that read.
    #[must_use]
    pub fn allows_fallback(&self) -> bool {
        match self.kind() {
            ErrorKind::Unreachable | ErrorKind::Timeout | ErrorKind::BadAnswer => true,
            // If neither the upstream nor a limit on requests to the API refused the call, a limit of this program is reached.
            ErrorKind::Throttled => self.upstream().is_some() || self.is_unsent(),
            ErrorKind::Application => matches!(self.status().as_u16(), 502..=504),
            ErrorKind::Configuration
            | ErrorKind::Argument
            | ErrorKind::Upstream
            | ErrorKind::NotModified
            | ErrorKind::Credential
            | ErrorKind::Panic
            | ErrorKind::Internal => false,
        }
    }

    /// Returns the upstream's answer.
    #[must_use]
    pub fn upstream(&self) -> Option<&UpstreamError> {
        self.0.upstream.as_ref()
    }

    /// Returns the delay that the upstream asked for, or that a limit of this program suggests.
    #[must_use]
    pub fn retry_after(&self) -> Option<&RetryAfter> {
        self.0.retry_after.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable_lines(&self.0.message))?;
        if let Some(operation) = &self.0.operation {
            write!(f, " (in {})", printable(operation))?;
        }
        self.causes().try_for_each(|cause| write!(f, "\n  because: {}", printable(&cause.to_string())))
    }
}

impl fmt::Debug for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the upstream answered with {} and a body of {} bytes", self.status, self.body.len())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= size_of::<usize>());
    }
}
