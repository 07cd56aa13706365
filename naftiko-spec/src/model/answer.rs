//! The errors that an operation declares, the statuses of an API's answer that `noneOn` may contain, and the headers of an API's
//! answer that may be passed on to callers.

use super::is_header_name;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An error status that an operation may answer with. Not in the specification.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    /// The status, from 400 to 599.
    pub status: u16,
    /// Its meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema (2020-12) of the API's answer with this status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

impl ErrorAnswer {
    /// Returns an error with a status and no other details.
    #[must_use]
    pub fn of(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}

/// Client errors about the connection to the API, or about a request that the API did not read: the API has not refused the
/// caller's request.
const CONNECTION_STATUSES: [u16; 7] = [407, 408, 411, 417, 421, 425, 426];

/// Headers that describe one connection (RFC 9110, section 7.6.1) or the transferred bytes.
pub(super) const CONNECTION_HEADERS: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Returns whether a status means that the API refuses the request: any 4xx except those about the connection.
///
/// ```
/// use naftiko_spec::model::is_refusal;
///
/// assert!(is_refusal(404) && is_refusal(409) && !is_refusal(407) && !is_refusal(500) && !is_refusal(200));
/// ```
#[must_use]
pub fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status) && !CONNECTION_STATUSES.contains(&status)
}

/// Returns why a header of an answer cannot be passed on to callers; `None` if it can.
#[must_use]
pub fn why_not_passed_on(header: &str) -> Option<&'static str> {
    let is = |name: &&str| header.eq_ignore_ascii_case(name);
    if !is_header_name(header) {
        Some("is not a valid header name")
    } else if is(&"content-type") || is(&"content-length") {
        Some("is set by the route itself")
    } else if CONNECTION_HEADERS.iter().any(is) {
        Some("describes the connection to the API")
    } else {
        None
    }
}
