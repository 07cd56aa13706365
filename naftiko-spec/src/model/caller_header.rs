//! Headers of a caller's request that are sent to a consumed API.

use super::answer::CONNECTION_HEADERS;
use super::is_header_name;
use serde::{Deserialize, Serialize};

/// The headers that the HTTP client sets itself in each request to an API.
const CLIENT_HEADERS: &[&str] = &["accept", "accept-encoding", "content-length", "content-type", "host"];

/// The headers about the body of the caller's request, which is not sent to the API as it is.
const BODY_HEADERS: &[&str] = &["content-encoding", "expect"];

/// A header of a caller's request that is sent to a consumed API: a name, or an object with `name` and `required`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "CallerHeaderForm", into = "CallerHeaderForm")]
pub struct CallerHeader {
    /// Its name.
    pub name: String,
    /// Whether calls without it are refused; otherwise they are sent without it.
    pub required: bool,
}

/// The two forms of a [`CallerHeader`].
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum CallerHeaderForm {
    Name(String),
    Object { name: String, required: bool },
}

impl From<CallerHeaderForm> for CallerHeader {
    fn from(written: CallerHeaderForm) -> Self {
        match written {
            CallerHeaderForm::Name(name) => Self { name, required: true },
            CallerHeaderForm::Object { name, required } => Self { name, required },
        }
    }
}

impl From<CallerHeader> for CallerHeaderForm {
    fn from(CallerHeader { name, required }: CallerHeader) -> Self {
        if required { Self::Name(name) } else { Self::Object { name, required } }
    }
}

impl CallerHeader {
    /// Returns whether it is the header with that name; case is ignored (RFC 9110, section 5.1).
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Returns why it cannot be sent to an API; `None` if it can.
    ///
    /// ```
    /// use naftiko_spec::model::CallerHeader;
    ///
    /// let named = |name: &str| CallerHeader { name: name.to_owned(), required: true };
    /// assert_eq!(named("Authorization").why_not_sent(), None);
    /// assert_eq!(named("Host").why_not_sent(), Some("is set by the HTTP client for each request"));
    /// ```
    #[must_use]
    pub fn why_not_sent(&self) -> Option<&'static str> {
        let is_among = |names: &[&str]| names.iter().any(|name| self.has_name(name));
        if !is_header_name(&self.name) {
            Some("is not a valid header name")
        } else if is_among(CLIENT_HEADERS) {
            Some("is set by the HTTP client for each request")
        } else if is_among(BODY_HEADERS) {
            Some("is about the body of the caller's request")
        } else if is_among(&CONNECTION_HEADERS) {
            Some("describes the connection to the caller")
        } else if self.has_name("cookie") {
            Some("contains all cookies of the caller; declare each cookie as an argument instead")
        } else {
            None
        }
    }
}
