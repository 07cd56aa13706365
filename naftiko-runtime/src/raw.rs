//! JSON that is passed through without being parsed.

use crate::error::{Error, Result};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The upstream's JSON, passed through unparsed: as the return type of an operation it is streamed to REST callers as it
/// comes, length and all.
///
/// Its schema says nothing, so a tool that returns it has no output schema and no structured content, only text.
pub struct RawJson(Inner);

enum Inner {
    Bytes(Bytes),
    Body(UnsyncBoxBody<Bytes, Error>),
}

impl RawJson {
    /// JSON that is still coming.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client streams"))]
    pub(crate) fn streaming(body: UnsyncBoxBody<Bytes, Error>) -> Self {
        Self(Inner::Body(body))
    }

    /// All of it. The client's limit on answers holds while it comes.
    ///
    /// # Errors
    /// If the upstream breaks off, or sends more than the limit.
    pub async fn bytes(self) -> Result<Bytes> {
        match self.0 {
            Inner::Bytes(bytes) => Ok(bytes),
            Inner::Body(body) => body.collect().await.map(http_body_util::Collected::to_bytes),
        }
    }

    /// As a body to answer with.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST streams"))]
    pub(crate) fn into_body(self) -> Result<Bytes, UnsyncBoxBody<Bytes, Error>> {
        match self.0 {
            Inner::Bytes(bytes) => Ok(bytes),
            Inner::Body(body) => Err(body),
        }
    }
}

/// An answer that is no JSON, passed through as it is: REST callers get it with its media type, others in base64.
pub struct Media {
    content_type: String,
    body: RawJson,
}

impl Media {
    /// An answer of that media type (`image/png`); one that could not stand in a header counts as unknown.
    #[must_use]
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::of(content_type, RawJson::from(body.into()))
    }

    /// The same of a body that may be still coming.
    pub(crate) fn of(content_type: &str, body: RawJson) -> Self {
        let fits = !content_type.is_empty() && content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let content_type = if fits { content_type } else { "application/octet-stream" };
        Self { content_type: content_type.to_owned(), body }
    }

    /// What it is.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// All of it.
    ///
    /// # Errors
    /// If the upstream breaks off, or sends more than the limit.
    pub async fn bytes(self) -> Result<Bytes> {
        self.body.bytes().await
    }

    /// As a body to answer with, whatever it is.
    #[cfg_attr(not(any(feature = "rest", feature = "mcp")), allow(dead_code, reason = "only adapters answer"))]
    pub(crate) fn into_body(self) -> RawJson {
        self.body
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({}, {:?})", self.content_type, self.body)
    }
}

impl From<Bytes> for RawJson {
    fn from(bytes: Bytes) -> Self {
        Self(Inner::Bytes(bytes))
    }
}

impl From<String> for RawJson {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Bytes(bytes) => write!(f, "RawJson({} bytes)", bytes.len()),
            Inner::Body(_) => f.write_str("RawJson(streaming)"),
        }
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        match &self.0 {
            Inner::Bytes(bytes) => {
                serde_json::from_slice::<&RawValue>(bytes).map_err(S::Error::custom)?.serialize(serializer)
            }
            Inner::Body(_) => Err(S::Error::custom("streaming JSON is read with `RawJson::bytes` first")),
        }
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(String::from(Box::<str>::from(raw)).into())
    }
}

impl JsonSchema for RawJson {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "RawJson".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
