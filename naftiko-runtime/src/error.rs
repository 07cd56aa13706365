//! The one error of this crate: what happened, to what, and what to do.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use naftiko_spec::{printable, printable_lines};
use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong in an operation, in an adapter or at start.
///
/// Its `Display` is written for the person or agent who reads it; `Debug` reads the same with its causes below it, since
/// that is what `main` prints. It never holds a secret.
///
/// ```
/// use naftiko_runtime::{Error, http::StatusCode};
///
/// let error = Error::new(StatusCode::CONFLICT, "there is already a token of this name");
/// assert_eq!(error.status(), StatusCode::CONFLICT);
/// assert_eq!(error.to_string(), "there is already a token of this name");
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    status: StatusCode,
    operation: Option<String>,
    pointer: Option<String>,
    upstream: Option<UpstreamError>,
    retry_after: Option<RetryAfter>,
    /// Whether calling again does not help.
    lasting: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Data for whoever handles the error in this crate; never shown, since it may hold secrets.
    #[cfg_attr(not(all(feature = "client", feature = "cli")), allow(dead_code, reason = "only programs read it"))]
    attached: Option<Box<dyn Any + Send + Sync>>,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program is not set up rightly: a missing variable, a bad base URI, a port that is taken.
    Configuration,
    /// An argument is missing, of the wrong type, or outside its schema; [`Error::pointer`] names it.
    Argument,
    /// The application's own error, with the status that it chose.
    Application,
    /// The upstream answered with a 4xx that is the caller's; [`Error::upstream`] has it.
    Upstream,
    /// Nothing has changed since the caller's validator (304); the headers of [`Error::upstream`] say more. It is not a
    /// failure, and there is no value to return.
    NotModified,
    /// The upstream refused the capability's own credential (401).
    Credential,
    /// The upstream asks to wait (403, 429 or 503 with `Retry-After`); [`Error::retry_after`] says how long.
    Throttled,
    /// The upstream's answer cannot be used: 3xx, 5xx, an unasked 206, statuses of the connection to the upstream (407, 408,
    /// 411, 417, 421, 425, 426), unreadable, empty or too large.
    BadAnswer,
    /// The upstream cannot be reached.
    Unreachable,
    /// The upstream or the operation took too long.
    Timeout,
    /// The method panicked.
    Panic,
    /// Something that callers learn nothing about; it is logged.
    Internal,
}

/// What the upstream answered instead of a success.
#[derive(Clone, Default)]
pub struct UpstreamError {
    /// Its status.
    pub status: StatusCode,
    /// Its body, secrets masked.
    pub body: Bytes,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// Its headers that go on to callers, secrets masked: `WWW-Authenticate`, `Allow`, `ETag` and the like.
    pub headers: HeaderMap,
}

/// The delay that an upstream asks for (RFC 9110, section 10.2.3), as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryAfter(pub String);

impl RetryAfter {
    /// The delay where it was given in seconds; none where it was given as a date.
    #[must_use]
    pub fn delay(&self) -> Option<Duration> {
        self.0.trim().parse().ok().map(Duration::from_secs)
    }
}

impl Error {
    /// An error of the application's own, with the status that REST answers with.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Application, status, message)
    }

    /// An error that callers learn nothing about (status 500): the cause is logged.
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::of(ErrorKind::Internal, StatusCode::INTERNAL_SERVER_ERROR, "the operation failed").because(source)
    }

    /// The argument at `pointer` (RFC 6901, from the arguments' object: `/user_id`, `/body/name`) is not as expected.
    pub fn argument(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, message);
        error.0.pointer = Some(pointer.into());
        error
    }

    /// The program is not set up rightly.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Configuration, StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// An error of a kind, with the status that REST answers with.
    pub(crate) fn of(kind: ErrorKind, status: StatusCode, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status,
            operation: None,
            pointer: None,
            upstream: None,
            retry_after: None,
            lasting: false,
            source: None,
            attached: None,
        }))
    }

    /// Says what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Attaches data, which is never shown.
    #[must_use]
    #[cfg(all(feature = "client", feature = "cli"))]
    pub(crate) fn with_attached(mut self, data: impl Any + Send + Sync) -> Self {
        self.0.attached = Some(Box::new(data));
        self
    }

    /// Returns the attached data of that type.
    #[must_use]
    #[cfg(all(feature = "client", feature = "cli"))]
    pub(crate) fn attached<T: Any>(&self) -> Option<&T> {
        self.0.attached.as_ref()?.downcast_ref()
    }

    /// Says which operation it happened to, unless it says so already.
    #[must_use]
    pub(crate) fn in_operation(mut self, operation: &str) -> Self {
        self.0.operation.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// Names the operation as its caller called it, in place of what is named already.
    #[must_use]
    pub(crate) fn called_as(mut self, name: &str) -> Self {
        self.0.operation = Some(name.to_owned());
        self
    }

    /// Says in which step of an operation it happened.
    #[must_use]
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents have steps"))]
    pub(crate) fn in_step(mut self, step: &str) -> Self {
        self.0.message = format!("the step `{step}` failed: {}", self.0.message);
        self
    }

    /// Adds what the upstream answered.
    #[must_use]
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client meets an upstream"))]
    pub(crate) fn with_upstream(mut self, upstream: UpstreamError) -> Self {
        self.0.upstream = Some(upstream);
        self
    }

    /// Says that calling again does not help.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client meets an upstream"))]
    pub(crate) fn lasting(mut self) -> Self {
        self.0.lasting = true;
        self
    }

    /// Whether calling again does not help.
    #[cfg_attr(not(feature = "mcp"), allow(dead_code, reason = "only agents are advised"))]
    pub(crate) fn is_lasting(&self) -> bool {
        self.0.lasting
    }

    /// Adds the delay that the upstream asked for.
    #[must_use]
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client meets an upstream"))]
    pub(crate) fn with_retry_after(mut self, retry_after: RetryAfter) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// What caused it, the nearest cause first.
    pub(crate) fn causes(&self) -> impl Iterator<Item = &(dyn StdError + 'static)> {
        std::iter::successors(self.source(), |cause| (*cause).source())
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The status that REST answers with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The operation that it happened to, as it was called: a method of the client, the name given to
    /// [`Capability::call`](crate::Capability::call), a tool; else by its name in the document.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The argument at fault, as a JSON Pointer (RFC 6901): `/user_id`, `/body/name`.
    #[must_use]
    pub fn pointer(&self) -> Option<&str> {
        self.0.pointer.as_deref()
    }

    /// What the upstream answered.
    #[must_use]
    pub fn upstream(&self) -> Option<&UpstreamError> {
        self.0.upstream.as_ref()
    }

    /// The delay that the upstream asked for.
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
        write!(f, "the upstream answered {} with {} bytes", self.status, self.body.len())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
