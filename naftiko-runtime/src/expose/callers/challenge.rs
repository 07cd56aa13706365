//! Why a caller is refused, and how it can authenticate (RFC 9110, section 11.6.1).

use http::{HeaderMap, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

/// The refusal of a request whose caller is unknown, is not authorized, or cannot be authenticated.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) status: StatusCode,
    /// The reason, without text from the request.
    pub(crate) message: String,
    /// The value of `WWW-Authenticate`: how the caller can authenticate.
    how: Option<HeaderValue>,
}

impl Challenge {
    /// Creates the refusal of an unknown caller.
    pub(super) fn unauthorized(message: impl Into<String>, how: &HeaderValue) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, message: message.into(), how: Some(how.clone()) }
    }

    /// Creates the refusal of a known caller that lacks a right.
    pub(super) fn forbidden(message: impl Into<String>, how: HeaderValue) -> Self {
        Self { status: StatusCode::FORBIDDEN, message: message.into(), how: Some(how) }
    }

    /// Creates a refusal that does not depend on the caller.
    pub(super) fn plain(status: StatusCode, message: &str) -> Self {
        Self { status, message: message.to_owned(), how: None }
    }

    /// Creates the refusal of a server that cannot authenticate callers.
    pub(super) fn broken() -> Self {
        let message = "callers cannot be authenticated; the log of the server has the details";
        Self::plain(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    /// Adds `WWW-Authenticate` to the headers of the answer, if this refusal has a value for it.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if let Some(how) = &self.how {
            headers.insert(WWW_AUTHENTICATE, how.clone());
        }
    }
}
