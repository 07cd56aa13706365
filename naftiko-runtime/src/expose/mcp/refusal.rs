//! Requests that are rejected with a JSON-RPC error before they reach a tool.

use crate::expose::guard;
use axum::body::Body;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, RequestId};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A rejected request, and the reason.
#[derive(Debug)]
pub(super) struct JsonRpcRefusal {
    pub(super) status: StatusCode,
    code: ErrorCode,
    message: String,
    id: Option<RequestId>,
}

impl JsonRpcRefusal {
    /// Creates the rejection of a request without a known ID.
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: None }
    }

    /// Creates the rejection of a message that does not follow the protocol.
    pub(super) fn bad_request(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Sets the ID of the rejected request.
    pub(super) fn to(mut self, id: Option<RequestId>) -> Self {
        self.id = id;
        self
    }

    /// Returns the answer over HTTP.
    pub(super) fn into_response(self) -> Response<Body> {
        let status = self.status;
        let mut response = Response::new(self.into_message().into());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }

    /// Returns the error as a message. Without a known ID, `id` is null (JSON-RPC 2.0, section 5).
    pub(super) fn into_message(self) -> Vec<u8> {
        let error = ErrorData::new(self.code, self.message, None);
        let message = serde_json::json!({ "jsonrpc": "2.0", "id": self.id, "error": error });
        message.to_string().into()
    }
}

impl From<guard::GuardRejection> for JsonRpcRefusal {
    fn from(refusal: guard::GuardRejection) -> Self {
        Self::new(refusal.status, ErrorCode::INVALID_REQUEST, refusal.message)
    }
}

/// Returns the error "method not found" (JSON-RPC 2.0, section 5.1).
pub(super) fn no_method(method: &str) -> ErrorData {
    ErrorData::new(ErrorCode::METHOD_NOT_FOUND, format!("unknown method `{method}`"), None)
}

/// Explains why params are not valid for their method.
pub(super) fn params_fault<P: DeserializeOwned>(params: Option<Value>) -> String {
    match serde_json::from_value::<P>(params.unwrap_or(Value::Null)) {
        Ok(_) => "`_meta` is not an object".to_owned(),
        Err(error) => error.to_string(),
    }
}
