//! CORS (WHATWG Fetch, section 3.3): what browsers need before pages of the origins that the guard lets in may call.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// The headers of answers that pages may read beside those that they always may.
const EXPOSED: &str = "Allow, Content-Disposition, ETag, Link, Location, Mcp-Protocol-Version, Mcp-Session-Id, \
                       Retry-After, WWW-Authenticate";
/// How long a browser may remember that it may call, in seconds.
const REMEMBERED: &str = "3600";

/// What one request needs. Credentials are never allowed: nothing here is authenticated by a browser's cookies.
pub(crate) struct Cors {
    origin: Option<HeaderValue>,
    /// Whether it is a preflight request.
    asks: bool,
    /// The headers that the page wants to send.
    wanted: Option<HeaderValue>,
}

impl Cors {
    /// Reads a request. Only answers to requests that passed the guard may be given to [`Self::share`].
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let asks = *method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Self {
            origin: headers.get(ORIGIN).cloned(),
            asks,
            wanted: headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned(),
        }
    }

    /// Answers a preflight request, if it is one. Authentication is not checked by it, and `*` would not cover
    /// `Authorization`, so the headers that are asked for are those that are allowed.
    pub(crate) fn preflight<B: Default>(&self, methods: &'static str) -> Option<Response<B>> {
        if !self.asks {
            return None;
        }
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
        if let Some(wanted) = &self.wanted {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers"));
        Some(response)
    }

    /// Lets the page that sent the request read the answer.
    pub(crate) fn share(self, headers: &mut HeaderMap) {
        vary(headers);
        if let Some(origin) = self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Keeps caches from giving the answer to pages of other origins (RFC 9111, section 4.1).
pub(crate) fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
