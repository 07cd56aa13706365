//! CORS (WHATWG Fetch, section 3.3): the headers that browsers need before a page from an allowed origin can call the API.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

/// The answer headers that pages can read: all. `*` has this meaning only because credentials are never allowed (Fetch, section 3.3.3).
const EXPOSED: &str = "*";
/// The `Access-Control-Max-Age`: how long a browser can cache a preflight response, in seconds.
const MAX_AGE: &str = "3600";

/// The CORS properties of one request. Credentials (cookies) are never allowed, because no adapter authenticates callers by cookies.
pub(crate) struct Cors {
    origin: Option<HeaderValue>,
    /// Whether it is a preflight request.
    is_preflight: bool,
    /// The value of `Access-Control-Request-Headers`: the headers that the page wants to send.
    requested_headers: Option<HeaderValue>,
}

impl Cors {
    /// Reads the CORS properties of a request. [`Self::allow_origin`] allows every origin: call it only if `Guard::check` accepted
    /// the request.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let origin = headers.get(ORIGIN).cloned();
        let is_preflight =
            *method == Method::OPTIONS && origin.is_some() && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let requested_headers = if is_preflight { headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned() } else { None };
        Self { origin, is_preflight, requested_headers }
    }

    /// Answers the request if it is a preflight request. The answer allows each requested header by its name, because `*` does not
    /// cover `Authorization`. Browsers send preflight requests without credentials, so this answer needs no authentication.
    pub(crate) fn preflight<B: Default>(&self, methods: &'static str) -> Option<Response<B>> {
        if !self.is_preflight {
            return None;
        }
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        if let Some(requested) = &self.requested_headers {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, requested.clone());
        }
        headers.append(VARY, HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers"));
        Some(response)
    }

    /// Lets the page that sent the request read the answer.
    pub(crate) fn allow_origin(self, headers: &mut HeaderMap) {
        vary(headers);
        if let Some(origin) = self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
    }
}

/// Marks the answer as specific to the origin of the request, so that caches don't serve it to other origins (RFC 9111, section 4.1).
pub(crate) fn vary(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("Origin"));
}
