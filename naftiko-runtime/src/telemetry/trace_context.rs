//! The trace of a call: `traceparent` and `tracestate`, checked and passed on (W3C Trace Context, level 2).

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use std::fmt::{self, Write};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The header with the IDs of a trace and of the span that a request belongs to.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header with data of the tracing systems that a request has passed.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The length of a `traceparent` of version 00.
const LENGTH: usize = 55;

/// The flags that are passed on: sampled, and random (section 3.2.2.5).
const FLAGS: u8 = 0b11;

/// The maximum number of entries of a `tracestate` (section 3.3.2).
const MAX_ENTRIES: usize = 32;

/// A `tracestate` up to this length is passed on unchanged (section 3.3.3.1).
const KEPT_STATE: usize = 512;

/// Entries longer than this are removed first from a `tracestate` that is too long.
const LONG_ENTRY: usize = 128;

/// Whether traces are read from callers and passed on to APIs.
static PASSED_ON: AtomicBool = AtomicBool::new(true);

/// The trace that a call belongs to, and the span of its caller. It is cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TraceContext(Arc<TraceParts>);

#[derive(PartialEq, Eq)]
struct TraceParts {
    /// The `traceparent` in version 00.
    parent: Box<str>,
    /// The `tracestate`, if it is valid.
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// Reads the value of `OTEL_PROPAGATORS`, a list. If it is empty or contains `tracecontext`, traces are read from callers and passed on
    /// to APIs from now on; otherwise, they are not.
    #[cfg_attr(not(feature = "cli"), allow(dead_code, reason = "only programs read the environment"))]
    pub(crate) fn configure(propagators: &str) {
        let is_wanted = propagators.split(',').any(|name| name.trim().eq_ignore_ascii_case("tracecontext"));
        PASSED_ON.store(is_wanted || propagators.trim().is_empty(), Relaxed);
    }

    /// Reads the headers of a request. Invalid headers are ignored, as the specification requires. Returns `None` without a valid
    /// `traceparent`, even if there is a `tracestate`.
    #[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters have callers"))]
    pub(crate) fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        // With several `traceparent` headers, it is not clear which one is meant.
        let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
        let states = headers.get_all(TRACESTATE).iter().map(|value| value.to_str().ok());
        let states: Option<Vec<&str>> = states.collect();
        Self::of_caller(parent.to_str().ok()?, states.map(|states| states.join(",")).as_deref())
    }

    /// Reads the `traceparent` and the `tracestate` of a caller.
    pub(crate) fn of_caller(parent: &str, state: Option<&str>) -> Option<Self> {
        let parent = checked(parent).filter(|_| PASSED_ON.load(Relaxed))?.into_boxed_str();
        Some(Self(Arc::new(TraceParts { parent, state: state.and_then(checked_state) })))
    }

    /// Creates the trace of a span from its `traceparent` and `tracestate`.
    #[cfg(feature = "otlp")]
    pub(super) fn of_span(parent: String, state: &str) -> Self {
        Self(Arc::new(TraceParts { parent: parent.into_boxed_str(), state: checked_state(state) }))
    }

    /// Returns the `traceparent`.
    pub(crate) fn parent(&self) -> &str {
        &self.0.parent
    }

    /// Returns the ID of the trace, in hexadecimal.
    pub(crate) fn trace_id(&self) -> &str {
        self.0.parent.get(3..35).unwrap_or_default()
    }

    /// Returns whether the trace is recorded, as far as its caller knows: its flag `sampled`.
    pub(super) fn is_sampled(&self) -> bool {
        self.flags() & 1 == 1
    }

    /// Returns the ID of the span, in hexadecimal.
    pub(super) fn span_id(&self) -> &str {
        self.0.parent.get(36..52).unwrap_or_default()
    }

    /// Returns the flags.
    pub(super) fn flags(&self) -> u8 {
        self.0.parent.get(53..).and_then(|flags| u8::from_str_radix(flags, 16).ok()).unwrap_or_default()
    }

    /// Returns the `tracestate`.
    #[cfg(feature = "otlp")]
    pub(super) fn state(&self) -> Option<&str> {
        self.0.state.as_ref()?.to_str().ok()
    }

    /// Returns a new span of the trace.
    pub(crate) fn child(&self) -> Self {
        let flags = self.0.parent.get(53..).unwrap_or("00");
        let parent = format!("00-{}-{:016x}-{flags}", self.trace_id(), span_id()).into_boxed_str();
        Self(Arc::new(TraceParts { parent, state: self.0.state.clone() }))
    }

    /// Adds the trace and the span to the headers of a request, as the parent of the receiver's spans. A request that already has one
    /// of the two headers is not changed.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if headers.contains_key(TRACEPARENT) || headers.contains_key(TRACESTATE) || !PASSED_ON.load(Relaxed) {
            return;
        }
        if let Ok(parent) = HeaderValue::from_str(&self.0.parent) {
            headers.insert(TRACEPARENT, parent);
            headers.extend(self.0.state.clone().map(|state| (TRACESTATE, state)));
        }
    }

    /// Returns the trace in the extensions of a request to an API, or of an answer to a caller.
    pub(crate) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.parent)
    }
}

/// Returns a random ID that is not zero. It must be unique, but can be guessed without harm.
fn span_id() -> u64 {
    // Each `RandomState` has different keys, derived from random numbers of the operating system.
    RandomState::new().build_hasher().finish().max(1)
}

/// Returns a `traceparent` in version 00 (section 3.2); `None` if the text is not valid. A later version may have more fields, which
/// are dropped.
fn checked(text: &str) -> Option<String> {
    let (fields, more) = text.split_at_checked(LENGTH)?;
    let mut fields = fields.split('-');
    let mut next = |length| fields.next().filter(|field| field.len() == length && is_hex(field));
    let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
    let has_invalid_end = !more.is_empty() && (version == "00" || !more.starts_with('-'));
    if fields.next().is_some() || version == "ff" || is_zero(trace) || is_zero(span) || has_invalid_end {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()? & FLAGS;
    let mut parent = String::with_capacity(LENGTH);
    // Writing to a string does not fail.
    let _ = write!(parent, "00-{trace}-{span}-{flags:02x}");
    Some(parent)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns a `tracestate`, shortened if it is too long (section 3.3); `None` if the text is not valid or has no entries.
fn checked_state(text: &str) -> Option<HeaderValue> {
    let mut keys = Vec::new();
    for entry in entries(text) {
        let (key, value) = entry.split_once('=')?;
        if !is_key(key) || !is_state_value(value) || keys.contains(&key) || keys.len() == MAX_ENTRIES {
            return None;
        }
        keys.push(key);
    }
    if keys.is_empty() {
        return None;
    }
    if text.len() <= KEPT_STATE {
        return HeaderValue::from_str(text).ok();
    }
    let mut kept: Vec<&str> = entries(text).collect();
    let mut length = kept.iter().map(|entry| entry.len() + 1).sum::<usize>() - 1;
    while length > KEPT_STATE {
        // The newest entries are the first.
        let long = kept.iter().rposition(|entry| entry.len() > LONG_ENTRY);
        let removed = kept.remove(long.unwrap_or(kept.len().saturating_sub(1)));
        length = length.saturating_sub(removed.len() + 1);
    }
    if kept.is_empty() { None } else { HeaderValue::from_str(&kept.join(",")).ok() }
}

/// Returns the entries of a list. Empty entries are allowed and left out.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|entry| entry.trim_matches([' ', '\t'])).filter(|entry| !entry.is_empty())
}

/// Returns whether a key is valid (section 3.3.2.2.1): a lower-case letter or a digit, and up to 255 more characters. It may contain `@`,
/// as in `tenant@vendor`.
fn is_key(key: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= 256
        && key.bytes().next().is_some_and(is_alphanumeric)
        && key.bytes().all(|byte| is_alphanumeric(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@'))
}

/// Returns whether a value is valid (section 3.3.2.2.2): 1 to 256 printable ASCII characters without `,` and `=`, and without a space
/// at the end.
fn is_state_value(value: &str) -> bool {
    (1..=256).contains(&value.len())
        && !value.ends_with(' ')
        && value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'='))
}

#[cfg(test)]
mod tests;
