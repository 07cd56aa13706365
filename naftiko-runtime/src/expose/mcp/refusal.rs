//! A request that is not even handed to the protocol, answered with a JSON-RPC error.

use crate::expose::guard;
use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, JsonRpcError, RequestId};

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    code: ErrorCode,
    message: String,
    id: Option<RequestId>,
}

impl Refusal {
    /// A refusal of a request whose ID is not known.
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: None }
    }

    /// A refusal of what is no message of the protocol.
    pub(super) fn bad_request(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Names the request that is refused.
    pub(super) fn to(mut self, id: Option<RequestId>) -> Self {
        self.id = id;
        self
    }

    /// The answer. Without an ID there is none in it (MCP 2026-07-28, "Error Responses").
    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status;
        let error = self.into_error();
        let mut response = Response::new(serde_json::to_vec(&error).unwrap_or_default().into());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }

    /// The same as a message.
    pub(super) fn into_error(self) -> JsonRpcError {
        JsonRpcError::new(self.id, ErrorData::new(self.code, self.message, None))
    }
}

impl From<guard::Refusal> for Refusal {
    fn from(refusal: guard::Refusal) -> Self {
        Self::new(refusal.status, ErrorCode::INVALID_REQUEST, refusal.message)
    }
}
