//! What a client posted: a call of a tool that is answered here, something for rmcp, or something that is not a message.

use super::refusal::Refusal;
use crate::schema::{self, Fault};
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use rmcp::model::{CallToolRequestMethod, ConstString, ErrorCode, ProtocolVersion, RequestId, RequestMetaObject};
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
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
    #[serde(skip)]
    twice: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
    #[serde(rename = "_meta", default)]
    pub(super) meta: Option<RequestMetaObject>,
}

/// The arguments of a call as they came; it travels beside what rmcp makes of them, which loses digits and members.
#[derive(Debug, Clone, Default)]
pub(super) struct RawArguments {
    pub(super) json: Option<Bytes>,
    /// The member that is given twice.
    pub(super) twice: Option<String>,
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
    /// Reads a message, if it is nothing but a well-formed call.
    ///
    /// # Errors
    /// If it is not JSON, or a member is given twice. Where that is one of the arguments, the tool answers.
    pub(super) fn read(message: &'a [u8]) -> Result<Option<Self>, Refusal> {
        let call = serde_json::from_slice::<Self>(message).ok();
        let call = call.filter(|call| call.jsonrpc == "2.0" && call.method == CallToolRequestMethod::VALUE);
        let call = call.filter(|call| call.params.arguments.is_none_or(|json| json.get().starts_with('{')));
        // A call has been parsed as a whole.
        let checked = if call.is_some() { schema::strict_of_parsed(message) } else { schema::strict(message) };
        match (checked, call) {
            (Ok(()), call) => Ok(call),
            (Err(Fault::Twice(at)), Some(mut call)) if at.starts_with("/params/arguments/") => {
                call.twice = at.strip_prefix("/params/arguments").map(str::to_owned);
                Ok(Some(call))
            }
            (Err(Fault::Twice(at)), _) => {
                let message = schema::twice(at).to_string();
                Err(Refusal::bad_request(ErrorCode::INVALID_REQUEST, message))
            }
            (Err(Fault::Syntax(error)), _) => {
                let message = schema::no_object(&error).to_string();
                Err(Refusal::bad_request(ErrorCode::PARSE_ERROR, message))
            }
        }
        .map_err(|refusal| refusal.to(id(message)))
    }

    /// Its arguments, as parts of the message that it was read from.
    pub(super) fn arguments(&self, message: &Bytes) -> RawArguments {
        let json = self.params.arguments.map(|json| message.slice_ref(json.get().as_bytes()));
        RawArguments { json, twice: self.twice.clone() }
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

/// Reads the ID of a message as far as it can be parsed: what follows may be cut off or broken.
pub(super) fn id(message: &[u8]) -> Option<RequestId> {
    /// Keeps the first ID of an object.
    struct First<'a>(&'a mut Option<RequestId>);

    impl<'de> Visitor<'de> for First<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
            while let Some(name) = members.next_key::<Cow<'_, str>>()? {
                if name == "id" {
                    *self.0 = Some(members.next_value()?);
                    return Ok(());
                }
                members.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut id = None;
    let message = message.strip_prefix("\u{feff}".as_bytes()).unwrap_or(message);
    // Whatever is wrong after the ID is reported elsewhere.
    let _ = serde_json::Deserializer::from_slice(message).deserialize_map(First(&mut id));
    id
}

/// Whether a line is an answer: those are never answered, so that two servers do not talk to each other for ever.
pub(super) fn is_answer(message: &[u8]) -> bool {
    let has = |message: &Value, name| message.get(name).is_some();
    serde_json::from_slice::<Value>(message)
        .is_ok_and(|message| !has(&message, "method") && (has(&message, "result") || has(&message, "error")))
}

/// Checks that a body that is JSON is one JSON-RPC message (JSON-RPC 2.0, sections 4 to 6), and gives its ID, if it has one.
///
/// # Errors
/// If it is not; with the code and the words that the client is answered with.
pub(super) fn check(body: &[u8]) -> Result<Option<RequestId>, Refusal> {
    let invalid = |message: &str| Refusal::bad_request(ErrorCode::INVALID_REQUEST, message);
    let message: Value = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    let message = match message {
        Value::Object(message) => message,
        Value::Array(_) => {
            return Err(invalid("batches are not part of MCP since 2025-06-18: send each message by itself"));
        }
        _ => return Err(invalid("a JSON-RPC message is an object")),
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
        Some(_) => return Err(invalid("`method` is not a string")),
        None if message.contains_key("result") || message.contains_key("error") => {}
        None => return Err(invalid("`method` is missing")),
    }
    match message.get("params") {
        None | Some(Value::Object(_) | Value::Null) => Ok(id),
        Some(_) => Err(Refusal::bad_request(ErrorCode::INVALID_PARAMS, "`params` is not an object").to(id)),
    }
}
