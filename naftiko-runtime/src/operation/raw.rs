//! JSON that is passed through unparsed.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::CallBudget;
use crate::schema::json_location;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The upstream's JSON, passed through without parsing. If an operation returns a `RawJson`, the JSON is streamed to REST
/// callers, with its length if the length is known.
///
/// Its schema is empty, so a tool that returns it has no output schema and no structured content, only text.
pub struct RawJson {
    body: RawBody,
    /// The media type and the name of content other than JSON, which an operation of a document can return.
    file: Option<Box<FileHead>>,
}

enum RawBody {
    Bytes(Bytes),
    /// A body that is still arriving, its memory budget, and the maximum number of bytes that can be buffered.
    Arriving(UnsyncBoxBody<Bytes, Error>, CallBudget, usize),
}

/// The media type of a file, and its `Content-Disposition`.
#[derive(Clone)]
pub(super) struct FileHead {
    pub(super) content_type: String,
    pub(super) disposition: Option<HeaderValue>,
}

impl RawJson {
    /// Creates a `RawJson` from a body that is still arriving.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client streams"))]
    pub(crate) fn streaming(body: UnsyncBoxBody<Bytes, Error>, call_budget: CallBudget) -> Self {
        Self { body: RawBody::Arriving(body, call_budget, usize::MAX), file: None }
    }

    /// Sets how many bytes of a body that is still arriving can be buffered.
    pub(crate) fn with_buffer_limit(mut self, most: usize) -> Self {
        if let RawBody::Arriving(.., limit) = &mut self.body {
            *limit = most;
        }
        self
    }

    /// Replaces a body that is still arriving.
    pub(super) fn map_arriving(
        mut self,
        replace: impl FnOnce(UnsyncBoxBody<Bytes, Error>) -> UnsyncBoxBody<Bytes, Error>,
    ) -> Self {
        if let RawBody::Arriving(body, ..) = &mut self.body {
            *body = replace(std::mem::take(body));
        }
        self
    }

    /// Returns the whole body. The client's size limit for answers applies.
    ///
    /// # Errors
    /// Returns an error if the connection to the upstream breaks, or if the answer exceeds the limit.
    pub async fn bytes(self) -> Result<Bytes> {
        let (mut body, call_budget, limit) = match self.body {
            RawBody::Bytes(bytes) => return Ok(bytes),
            RawBody::Arriving(body, call_budget, limit) => (body, call_budget, limit),
        };
        let check = |length: u64| {
            let message = || format!("the answer is larger than the limit of {limit} bytes");
            if length <= limit as u64 {
                return Ok(());
            }
            Err(Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message()).too_large())
        };
        check(body.size_hint().lower())?;
        let mut first = Bytes::new();
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame?.into_data() else { continue };
            check((first.len() + whole.len()) as u64 + piece.len() as u64)?;
            if first.is_empty() && whole.is_empty() {
                // Most bodies arrive in one piece, which is not copied.
                call_budget.reserve(piece.len())?;
                first = piece;
                continue;
            }
            let before = whole.capacity();
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&piece);
            call_budget.reserve(whole.capacity() - before)?;
        }
        Ok(call_budget.attach(if whole.is_empty() { first } else { whole.freeze() }))
    }

    /// Decodes the whole body as a `T`. The client's size limit for answers applies.
    ///
    /// An empty body is decoded as `null`.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// use naftiko_runtime::RawJson;
    ///
    /// let raw = RawJson::from(r#"[{"id":"t-1"}]"#.to_owned());
    /// let tokens: serde_json::Value = raw.json().await?;
    /// assert_eq!(tokens[0]["id"], "t-1");
    /// # Ok::<(), naftiko_runtime::Error>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// Returns an error if the connection to the upstream breaks, the answer exceeds the limit, is not JSON, or does
    /// not match `T`.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        let json = self.json_bytes().await?;
        serde_json::from_slice(&json).map_err(|why| mismatch(&json, &why))
    }

    /// Returns the whole body; `null` for an empty one. Fails if the media type is not JSON.
    pub(crate) async fn json_bytes(self) -> Result<Bytes> {
        if let Some(file) = &self.file {
            let message = format!("expected JSON, found {}; use `bytes` instead", file.content_type);
            return Err(Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message));
        }
        let json = self.bytes().await?;
        Ok(if json.trim_ascii().is_empty() { Bytes::from_static(b"null") } else { json })
    }

    /// Returns the number of remaining bytes, if it is known.
    pub(super) fn length(&self) -> Option<u64> {
        match &self.body {
            RawBody::Bytes(bytes) => Some(bytes.len() as u64),
            RawBody::Arriving(body, ..) => body.size_hint().exact(),
        }
    }

    /// Returns whether it is JSON without any bytes.
    pub(super) fn is_nothing(&self) -> bool {
        self.file.is_none() && matches!(&self.body, RawBody::Bytes(bytes) if bytes.is_empty())
    }

    /// Returns the same body as content of this media type and name.
    pub(super) fn with_file(mut self, file: FileHead) -> Self {
        self.file = Some(Box::new(file));
        self
    }

    /// Takes the media type and the name of content other than JSON.
    pub(super) fn take_file(&mut self) -> Option<FileHead> {
        self.file.take().map(|file| *file)
    }

    /// Returns the next piece.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.body {
            RawBody::Bytes(bytes) => Poll::Ready(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()).map(Ok)),
            RawBody::Arriving(body, ..) => loop {
                match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    None => return Poll::Ready(None),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Some(Ok(frame)) => {
                        if let Ok(piece) = frame.into_data() {
                            return Poll::Ready(Some(Ok(piece)));
                        }
                    }
                }
            },
        }
    }

    /// Returns the body of an answer: `Ok` if it is in memory, `Err` if it is still arriving.
    pub(crate) fn into_body(self) -> Result<Bytes, UnsyncBoxBody<Bytes, Error>> {
        match self.body {
            RawBody::Bytes(bytes) => Ok(bytes),
            RawBody::Arriving(body, ..) => Err(body),
        }
    }
}

/// Returns the error for JSON that does not match the expected type. The error does not quote the JSON.
pub(crate) fn mismatch(json: &[u8], why: &serde_json::Error) -> Error {
    let message = format!("unexpected answer: {}, at {}", json_location::fault(why), json_location::of(json, why));
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message)
}

impl From<Bytes> for RawJson {
    fn from(bytes: Bytes) -> Self {
        Self { body: RawBody::Bytes(bytes), file: None }
    }
}

impl From<String> for RawJson {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.body, &self.file) {
            (_, Some(file)) => write!(f, "RawJson({})", file.content_type),
            (RawBody::Bytes(bytes), None) => write!(f, "RawJson({} bytes)", bytes.len()),
            (RawBody::Arriving(..), None) => f.write_str("RawJson(streaming)"),
        }
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        match &self.body {
            _ if self.file.is_some() => {
                Err(S::Error::custom("an answer that is not JSON must be read with `RawJson::bytes`"))
            }
            RawBody::Bytes(bytes) => {
                serde_json::from_slice::<&RawValue>(bytes).map_err(S::Error::custom)?.serialize(serializer)
            }
            RawBody::Arriving(..) => {
                Err(S::Error::custom("a streaming answer must be read with `RawJson::bytes` first"))
            }
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
