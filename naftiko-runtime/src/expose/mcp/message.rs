//! What a client posted: a call of a tool that is answered here, something for rmcp, or something that is no message.

use super::refusal::Refusal;
use http::{HeaderMap, HeaderName};
use rmcp::model::{
    CallToolRequestMethod, ConstString, ErrorCode, JsonObject, ProtocolVersion, RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;
use std::borrow::Cow;

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A `tools/call`.
#[derive(Deserialize)]
pub(super) struct ToolCall<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    pub(super) id: RequestId,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) params: Params<'a>,
}

#[derive(Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(default)]
    pub(super) arguments: Option<JsonObject>,
    #[serde(rename = "_meta", default)]
    meta: Option<RequestMetaObject>,
}

/// The two ways in which the protocol carries its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Era {
    /// Until 2025-11-25: agreed on by `initialize`.
    Handshake,
    /// Since 2026-07-28: said by each request.
    PerRequest,
}

impl<'a> ToolCall<'a> {
    /// Reads a body, if it is nothing but a well-formed call.
    pub(super) fn read(body: &'a [u8]) -> serde_json::Result<Option<Self>> {
        let call: Self = serde_json::from_slice(body)?;
        Ok((call.jsonrpc == "2.0" && call.method == CallToolRequestMethod::VALUE).then_some(call))
    }

    /// The era of the call, if its headers and `_meta` are just as they should be; otherwise rmcp says what is wrong.
    pub(super) fn era(&self, headers: &HeaderMap) -> Option<Era> {
        let header = |name| {
            let mut values = headers.get_all(name).iter();
            (values.next().map(http::HeaderValue::as_bytes), values.next().is_some())
        };
        let version = match header(VERSION) {
            (_, true) => return None,
            (version, false) => version,
        };
        let said = self.params.meta.as_ref().and_then(RequestMetaObject::protocol_version);
        match (said, &self.params.meta) {
            (None, _) => {
                let known = |version| {
                    ProtocolVersion::KNOWN_VERSIONS
                        .iter()
                        .any(|known| known.has_initialize() && known.as_str().as_bytes() == version)
                };
                version.is_none_or(known).then_some(Era::Handshake)
            }
            (Some(said), Some(meta)) => {
                let complete = said == ProtocolVersion::V_2026_07_28
                    && version == Some(said.as_str().as_bytes())
                    && meta.missing_required_keys(&said).is_empty()
                    && header(METHOD) == (Some(CallToolRequestMethod::VALUE.as_bytes()), false)
                    && header(NAME) == (Some(self.params.name.as_bytes()), false);
                complete.then_some(Era::PerRequest)
            }
            (Some(_), None) => None,
        }
    }
}

/// Checks that a body is one JSON-RPC message (JSON-RPC 2.0, sections 4 to 6), and gives its ID, if it has one.
///
/// # Errors
/// If it is not; with the code and the words that the client is answered with.
pub(super) fn check(body: &[u8]) -> Result<Option<RequestId>, Refusal> {
    let invalid = |message: &str| Refusal::bad_request(ErrorCode::INVALID_REQUEST, message);
    let message: Value = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Eof | Category::Syntax => {
            Refusal::bad_request(ErrorCode::PARSE_ERROR, format!("the body cannot be read as JSON: {error}"))
        }
        Category::Data | Category::Io => invalid(&error.to_string()),
    })?;
    let message = match message {
        Value::Object(message) => message,
        Value::Array(_) => {
            return Err(invalid("batches are not part of MCP since 2025-06-18: send each message by itself"));
        }
        _ => return Err(invalid("the body is not a JSON-RPC message: it is no object")),
    };
    let id = match message.get("id") {
        None => None,
        Some(id) => Some(
            RequestId::deserialize(id)
                .map_err(|_| invalid("`id` is neither a string nor a whole number of 64 bits"))?,
        ),
    };
    let invalid = |message: &str| invalid(message).to(id.clone());
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid("`jsonrpc` is not \"2.0\""));
    }
    match message.get("method") {
        Some(Value::String(_)) => {}
        Some(_) => return Err(invalid("`method` is no string")),
        None if message.contains_key("result") || message.contains_key("error") => {}
        None => return Err(invalid("`method` is missing")),
    }
    match message.get("params") {
        None | Some(Value::Object(_) | Value::Null) => Ok(id),
        Some(_) => Err(Refusal::bad_request(ErrorCode::INVALID_PARAMS, "`params` is no object").to(id)),
    }
}
