//! Requests that are rejected with a JSON-RPC error before they reach a tool.

use crate::expose::guard;
use crate::schema;
use axum::body::Body;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use rmcp::ErrorData;
use rmcp::model::{
    ConstString, ErrorCode, InitializeResultMethod, JsonRpcError, JsonRpcMessage, PaginatedRequestParams, RequestId,
    ServerJsonRpcMessage,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The delay after which a client may try again to use a session, in seconds.
const RETRY_DELAY: &str = "60";

/// A rejected request, and the reason.
#[derive(Debug)]
pub(super) struct JsonRpcRefusal {
    pub(super) status: StatusCode,
    code: ErrorCode,
    message: String,
    id: Option<RequestId>,
    /// The delay after which the client may try again, in seconds.
    retry_after: Option<&'static str>,
}

impl JsonRpcRefusal {
    /// Creates the rejection of a request without a known ID.
    #[cold]
    pub(super) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), id: None, retry_after: None }
    }

    /// Creates the rejection of a message that does not follow the protocol.
    #[cold]
    pub(super) fn bad_request(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Creates the rejection of a request from its error.
    #[cold]
    pub(super) fn of(error: ErrorData) -> Self {
        Self::bad_request(error.code, error.message)
    }

    /// Creates the rejection of a new session, since there are too many.
    pub(super) fn too_many_sessions() -> Self {
        let message = "this server has too many sessions; try again later";
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::INTERNAL_ERROR, message);
        Self { retry_after: Some(RETRY_DELAY), ..refusal }
    }

    /// Creates the rejection of a request whose session may be in the store, when the store fails.
    pub(super) fn no_sessions() -> Self {
        let message = "the session store of this server cannot be reached; try again later";
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::INTERNAL_ERROR, message);
        Self { retry_after: Some(RETRY_DELAY), ..refusal }
    }

    /// Sets the ID of the rejected request.
    pub(super) fn to(mut self, id: Option<RequestId>) -> Self {
        self.id = id;
        self
    }

    /// Returns the answer over HTTP.
    #[cold]
    pub(super) fn into_response(self) -> Response<Body> {
        let (status, retry_after) = (self.status, self.retry_after);
        let mut response = Response::new(self.into_message().into());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if let Some(delay) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(delay));
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

/// Returns the error "method not found" for revisions with or without a handshake. For a revision without a handshake (since
/// 2026-07-28), the error names the replacement of a removed method.
pub(super) fn no_method_of(method: &str, has_handshake: bool) -> ErrorData {
    removed(method).filter(|_| !has_handshake).unwrap_or_else(|| no_method(method))
}

/// Returns the error for a method that 2026-07-28 has removed; `None` for other methods.
fn removed(method: &str) -> Option<ErrorData> {
    let message = format!("`{method}` is not a method of 2026-07-28: {}", replacement(method)?);
    Some(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
}

/// Refuses a method that 2026-07-28 has removed, for a request that names this revision. Otherwise, rmcp would first ask for headers
/// that no client sends with such a method. `initialize` may name any revision.
pub(super) fn refuse_removed(method: &str) -> Result<(), JsonRpcRefusal> {
    match removed(method).filter(|_| method != InitializeResultMethod::VALUE) {
        Some(error) => Err(JsonRpcRefusal::new(StatusCode::NOT_FOUND, error.code, error.message)),
        None => Ok(()),
    }
}

/// Returns what a client can do instead of calling a method that 2026-07-28 has removed; `None` for other methods.
fn replacement(method: &str) -> Option<&'static str> {
    Some(match method {
        "initialize" => "begin with `server/discover`, or with any other request",
        "ping" => "any answer shows that the server can be reached",
        "logging/setLevel" => "set the level in each request, as `io.modelcontextprotocol/logLevel` in `_meta`",
        "resources/subscribe" => "send `subscriptions/listen` with `resourceSubscriptions`",
        "resources/unsubscribe" => "cancel the request `subscriptions/listen` that began the subscription",
        "tasks/list" => "keep the IDs of the tasks",
        "tasks/result" => "`tasks/get` returns the result",
        _ => return None,
    })
}

/// The methods that rmcp may reject with an error whose message is only the name of the method.
const REJECTED_BY_NAME: [&str; 10] = [
    "ping",
    "resources/directory/read",
    "resources/subscribe",
    "resources/unsubscribe",
    "skills/get",
    "skills/list",
    "subscriptions/listen",
    "tasks/cancel",
    "tasks/get",
    "tasks/update",
];

/// Returns whether the error of a method may need an explanation.
pub(super) fn is_rejected_by_name(method: &str) -> bool {
    REJECTED_BY_NAME.contains(&method)
}

/// Explains the errors of rmcp whose message is only the name of a method.
pub(super) fn explain(message: &mut ServerJsonRpcMessage) {
    if let JsonRpcMessage::Error(JsonRpcError { error, .. }) = message
        && error.code == ErrorCode::METHOD_NOT_FOUND
        && is_rejected_by_name(&error.message)
    {
        // rmcp supports the removed methods in older revisions, so it rejects them only in 2026-07-28.
        let explained = no_method_of(&error.message, false).message;
        let needs = "; it needs the revision 2026-07-28, and a server that announces changes";
        let needs = if error.message == "subscriptions/listen" { needs } else { "" };
        error.message = format!("{explained}{needs}").into();
    }
}

/// Explains an error of rmcp in an answer, as [`explain`] does in a message.
pub(super) fn explained_in(answer: Bytes) -> Bytes {
    // Results are not parsed, since parsed numbers lose digits.
    let Ok(error) = serde_json::from_slice::<JsonRpcError>(&answer) else { return answer };
    let mut message = JsonRpcMessage::Error(error);
    explain(&mut message);
    serde_json::to_vec(&message).map_or(answer, Bytes::from)
}

/// Returns the error for params that are not valid for their method, with the reason.
pub(super) fn invalid_params<P: DeserializeOwned>(method: &str, params: Option<Value>) -> ErrorData {
    match read_params::<P>(method, params) {
        Ok(_) => ErrorData::invalid_params(format!("invalid params for `{method}`: `_meta` is not an object"), None),
        Err(error) => error,
    }
}

/// Reads the params of a method. Null is the same as no params.
///
/// # Errors
/// Returns an error with the reason if the params are not valid.
pub(super) fn read_params<P: DeserializeOwned>(method: &str, params: Option<Value>) -> Result<P, ErrorData> {
    let params = params.filter(|params| !params.is_null()).unwrap_or_else(|| Value::Object(Map::new()));
    serde_json::from_value(params).map_err(|error| {
        let why = schema::without_rust_types(&error.to_string());
        ErrorData::invalid_params(format!("invalid params for `{method}`: {why}"), None)
    })
}

/// Refuses a cursor: all items of a list are on one page.
pub(super) fn refuse_cursor(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    if request.is_some_and(|request| request.cursor.is_some()) {
        return Err(ErrorData::invalid_params("there is only one page; remove `cursor`", None));
    }
    Ok(())
}
