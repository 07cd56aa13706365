//! Classifies a client's message: a tool call that is answered here, a message for rmcp, or an invalid message.

use super::canonical;
use super::refusal::{JsonRpcRefusal, invalid_params, no_method};
use super::tasks::handshake;
use crate::error::Error;
use crate::numbers::parse_finite;
use crate::schema::{self, Fault, Members, Order};
use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestMethod, ConstString, ErrorCode, InitializeRequestParams, InitializeResultMethod, ProtocolVersion,
    RequestId, RequestMetaObject,
};
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

pub(super) const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A `tools/call` request.
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
    duplicate: Option<String>,
}

/// The params of a `tools/call` request.
#[derive(Deserialize)]
pub(super) struct Params<'a> {
    #[serde(borrow)]
    pub(super) name: Cow<'a, str>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
    /// Present if the call has to run as a task (2025-11-25).
    #[serde(default)]
    pub(super) task: Option<IgnoredAny>,
    #[serde(rename = "_meta", default)]
    pub(super) meta: Option<RequestMetaObject>,
}

/// The arguments of a call as received. The arguments that rmcp parses have lost digits and duplicate members.
#[derive(Debug, Clone, Default)]
pub(super) struct RawArguments {
    pub(super) json: Option<Bytes>,
    /// The JSON Pointer of a duplicate member.
    pub(super) duplicate: Option<String>,
    /// The offset in the answer from which the caller wants the rest of a truncated answer; 0 for the beginning.
    pub(super) offset: usize,
}

impl RawArguments {
    /// Removes the argument with the given name. Returns the other arguments, and the JSON of the removed argument. A null
    /// argument is treated as absent.
    ///
    /// # Errors
    /// Returns an error if a name cannot be written as JSON.
    pub(super) fn without(self, name: &str) -> Result<(Self, Option<Box<RawValue>>), Error> {
        let members = self.json.as_ref().and_then(|json| serde_json::from_slice(json).ok());
        let Some(Members(members)) = members else { return Ok((self, None)) };
        let Some((_, taken)) = members.iter().find(|(own, _)| own == name) else { return Ok((self, None)) };
        let taken = (taken.get() != "null").then(|| (*taken).to_owned());
        let others = members.iter().filter(|(own, _)| own != name);
        let others = others.map(|(own, value)| Ok(format!("{}:{}", serde_json::to_string(own)?, value.get())));
        let others: Vec<String> = others.collect::<serde_json::Result<_>>().map_err(Error::internal)?;
        let json = Some(Bytes::from(format!("{{{}}}", others.join(","))));
        Ok((Self { json, ..self }, taken))
    }

    /// Returns the data that a sealed state (which the client keeps for this server) is bound to: the arguments in their canonical form,
    /// or as received if they have no such form.
    pub(super) fn to_bound(&self) -> Vec<u8> {
        let unchanged = |_| self.json.as_deref().unwrap_or_default().to_vec();
        self.canonical().map_or_else(unchanged, String::into_bytes)
    }

    /// Returns the arguments in a canonical form, in which equal arguments are equal strings; `{}` if there are none.
    ///
    /// # Errors
    /// Returns an error if a string in the arguments has an escape of an unpaired surrogate, or if they are nested too deeply.
    pub(super) fn canonical(&self) -> Result<String, Error> {
        self.in_order(&Order::default())
    }

    /// Returns the arguments as [`Self::canonical`] does, with their members in the given order.
    ///
    /// # Errors
    /// Returns an error if a string in the arguments has an escape of an unpaired surrogate, or if they are nested too deeply.
    pub(super) fn in_order(&self, order: &Order) -> Result<String, Error> {
        let json = self.json.as_deref().map_or("", |json| std::str::from_utf8(json).unwrap_or_default());
        match serde_json::from_str::<&RawValue>(json) {
            Ok(json) if json.get() != "null" => canonical::in_order(json.get(), order).map_err(Error::internal),
            _ => Ok("{}".to_owned()),
        }
    }
}

/// The way in which a message specifies the protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VersionStyle {
    /// Up to 2025-11-25: negotiated by `initialize`.
    Handshake,
    /// Since 2026-07-28: sent in each request.
    PerRequest,
}

impl<'a> ToolCall<'a> {
    /// Parses a message, if it is a well-formed tool call; `None` for any other message.
    ///
    /// # Errors
    /// Returns an error if the message is not JSON, or if a member is given twice. A duplicate argument is not an error here: the call
    /// of the tool reports it.
    pub(super) fn read(message: &'a [u8]) -> Result<Option<Self>, JsonRpcRefusal> {
        let call = serde_json::from_slice::<Self>(message).ok();
        let call = call.filter(|call| call.jsonrpc == "2.0" && call.method == CallToolRequestMethod::VALUE);
        let call = call.filter(|call| call.params.arguments.is_none_or(|json| json.get().starts_with('{')));
        // A tool call has already been parsed.
        let checked = if call.is_some() { schema::strict_of_parsed(message) } else { schema::strict(message) };
        match (checked, call) {
            (Ok(()), call) => Ok(call),
            (Err(Fault::Twice(at)), Some(mut call)) if at.starts_with("/params/arguments/") => {
                call.duplicate = at.strip_prefix("/params/arguments").map(str::to_owned);
                Ok(Some(call))
            }
            (Err(Fault::Twice(at)), _) => {
                let message = schema::duplicate_member(at).to_string();
                Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message))
            }
            (Err(Fault::Syntax(error)), _) => {
                let message = schema::body_not_json(&error).to_string();
                Err(JsonRpcRefusal::bad_request(ErrorCode::PARSE_ERROR, message))
            }
        }
        .map_err(|refusal| refusal.to(message_id(message)))
    }

    /// Returns the arguments of the call as a slice of `message`, from which the call was parsed.
    pub(super) fn arguments(&self, message: &Bytes) -> RawArguments {
        let json = self.params.arguments.map(|json| message.slice_ref(json.get().as_bytes()));
        RawArguments { json, duplicate: self.duplicate.clone(), offset: 0 }
    }

    /// Returns how the call specifies the version, if its headers and `_meta` are complete and consistent; otherwise rmcp reports the
    /// error.
    pub(super) fn version_style(&self, headers: &HeaderMap) -> Option<VersionStyle> {
        let header = |name| {
            let mut values = headers.get_all(name).iter();
            (values.next().map(http::HeaderValue::as_bytes), values.next().is_some())
        };
        let version = match header(VERSION) {
            (_, true) => return None,
            (version, false) => version,
        };
        let declared = self.params.meta.as_ref().and_then(RequestMetaObject::protocol_version);
        match (declared, &self.params.meta) {
            (None, _) => {
                let known = |version| {
                    ProtocolVersion::KNOWN_VERSIONS
                        .iter()
                        .any(|known| known.has_initialize() && known.as_str().as_bytes() == version)
                };
                version.is_none_or(known).then_some(VersionStyle::Handshake)
            }
            (Some(declared), Some(meta)) => {
                let complete = declared == ProtocolVersion::V_2026_07_28
                    && version == Some(declared.as_str().as_bytes())
                    && meta.missing_required_keys(&declared).is_empty()
                    && header(METHOD) == (Some(CallToolRequestMethod::VALUE.as_bytes()), false)
                    && header(NAME) == (Some(self.params.name.as_bytes()), false);
                complete.then_some(VersionStyle::PerRequest)
            }
            (Some(_), None) => None,
        }
    }
}

/// Returns the ID of a message, even if the message is cut off or invalid after the ID.
pub(super) fn message_id(message: &[u8]) -> Option<RequestId> {
    /// A visitor that stores the first ID of an object.
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
    // Errors after the ID are reported elsewhere.
    let _ = serde_json::Deserializer::from_slice(message).deserialize_map(First(&mut id));
    id
}

/// Returns whether a message is a response. Responses are never answered, so that two servers don't loop forever.
pub(super) fn is_response(message: &[u8]) -> bool {
    let has = |message: &Value, name| message.get(name).is_some();
    serde_json::from_slice::<Value>(message)
        .is_ok_and(|message| !has(&message, "method") && (has(&message, "result") || has(&message, "error")))
}

/// Returns whether a message is a notification of JSON-RPC 2.0. Notifications are never answered (section 4.1).
pub(super) fn is_notification(message: &[u8]) -> bool {
    let is = |message: &Value| {
        message.get("id").is_none()
            && message.get("jsonrpc").is_some_and(|version| version == "2.0")
            && message.get("method").is_some_and(Value::is_string)
    };
    serde_json::from_slice::<Value>(message).is_ok_and(|message| is(&message))
}

/// Returns whether the text of a result is the JSON of its structured content. The text of a string result is not, since it has no
/// quotes.
pub(super) fn is_json_of(text: &str, structured: Option<&Value>) -> bool {
    let text = parse_finite(text).ok();
    text.is_some() && text.as_ref() == structured
}

/// Checks that a JSON body is one JSON-RPC message (JSON-RPC 2.0, sections 4 to 6), and returns its ID, if it has one.
///
/// # Errors
/// Returns the error for the client if the body is not a JSON-RPC message, or if rmcp's error about its params would mislead the client.
pub(super) fn check_message(body: &[u8]) -> Result<Option<RequestId>, JsonRpcRefusal> {
    let invalid = |message: &str| JsonRpcRefusal::bad_request(ErrorCode::INVALID_REQUEST, message);
    let message: Value = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    let message = match message {
        Value::Object(message) => message,
        Value::Array(_) => {
            return Err(invalid("batches are not supported: send each message in its own request"));
        }
        _ => return Err(invalid("expected a JSON-RPC message, which is an object")),
    };
    let id = match message.get("id") {
        None => None,
        Some(id) => Some(RequestId::deserialize(id).map_err(|_| invalid("`id` must be a string or a 64-bit integer"))?),
    };
    let invalid = |message: &str| invalid(message).to(id.clone());
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid("`jsonrpc` must be \"2.0\""));
    }
    match message.get("method") {
        Some(Value::String(_)) => {}
        Some(_) => return Err(invalid("`method` must be a string")),
        None if message.contains_key("result") || message.contains_key("error") => {}
        None => return Err(invalid("`method` is missing")),
    }
    let method = message.get("method").and_then(Value::as_str).unwrap_or_default();
    // Clients must not use the prefix that marks messages about tasks: this program adds the prefix itself, after these checks.
    if handshake::method(method).is_some() {
        return Err(JsonRpcRefusal::of(no_method(method)).to(id));
    }
    if method.ends_with("/list")
        && let Some(cursor) = message.get("params").and_then(|params| params.get("cursor"))
        && !matches!(cursor, Value::String(_) | Value::Null)
    {
        let found = schema::kind_of(cursor);
        let message = format!("invalid params for `{method}`: expected a string as `cursor`, found {found}");
        return Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_PARAMS, message).to(id));
    }
    match message.get("params") {
        params if method == InitializeResultMethod::VALUE => {
            check_initialize(params).map_err(|error| JsonRpcRefusal::of(error).to(id.clone()))?;
            Ok(id)
        }
        None | Some(Value::Object(_) | Value::Null) => Ok(id),
        Some(_) => Err(JsonRpcRefusal::bad_request(ErrorCode::INVALID_PARAMS, "`params` must be an object").to(id)),
    }
}

/// Checks the params of `initialize`, unless their `_meta` names a revision. If they are not valid, rmcp does not recognize the message
/// as `initialize`, and would report that a session or `_meta` is missing.
fn check_initialize(params: Option<&Value>) -> Result<(), ErrorData> {
    let meta = params.and_then(|params| params.get("_meta"));
    let names_revision = meta.is_some_and(|meta| meta.get("io.modelcontextprotocol/protocolVersion").is_some());
    let is_valid = || params.is_some_and(|params| InitializeRequestParams::deserialize(params).is_ok());
    if names_revision || (meta.is_none_or(Value::is_object) && is_valid()) {
        return Ok(());
    }
    Err(invalid_params::<InitializeRequestParams>(InitializeResultMethod::VALUE, params.cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_bound_to_the_arguments_in_any_order() {
        let bound = |json: &'static str| RawArguments { json: Some(json.into()), ..RawArguments::default() }.to_bound();
        let arguments = bound(r#"{"id":"o","body":{"a":1,"b":2}}"#);
        assert_eq!(bound(r#"{ "body": {"b":2, "a":1}, "id": "\u006f" }"#), arguments);
        assert_ne!(bound(r#"{"id":"o","body":{"a":2,"b":1}}"#), arguments);
        assert_ne!(bound(r#"{"id":"o","body":{"a":1.0,"b":2}}"#), arguments);
    }
}
