//! Files to send: bytes in memory, or a stream that is read once.

use crate::error::{Error, Result};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncRead, ReadBuf};

/// The maximum number of bytes that are read from a reader at once.
const PIECE: usize = 16 * 1024;

/// The bytes of a file as they arrive.
pub(crate) type FileStream = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A file, as an argument of a method: `#[body(bytes)] file: Upload`, or `#[part] file: Upload`.
///
/// A file is created from bytes, or from a reader, which is read while the file is sent and never kept in memory:
///
/// ```
/// use naftiko_runtime::Upload;
///
/// let held = Upload::from(b"a,b\n1,2\n".to_vec()).named("table.csv").typed("text/csv");
/// assert_eq!((held.filename(), held.size()), (Some("table.csv"), Some(8)));
/// let read: &[u8] = b"as it comes";
/// let streamed = Upload::from_reader(read).sized(11);
/// # let _ = streamed;
/// ```
///
/// A reader can be sent only once, so a request that contains one is never repeated. Clones share the reader.
#[derive(Clone)]
pub struct Upload {
    content: Arc<Mutex<FileContent>>,
    filename: Option<Arc<str>>,
    content_type: Option<Arc<str>>,
    size: Option<u64>,
}

/// The content of a file.
pub(crate) enum FileContent {
    Bytes(Bytes),
    Stream(FileStream),
    /// A stream that has been taken.
    Taken,
}

impl Upload {
    fn of(content: FileContent, size: Option<u64>) -> Self {
        Self { content: Arc::new(Mutex::new(content)), filename: None, content_type: None, size }
    }

    /// Creates a file from bytes that arrive in pieces.
    pub fn stream<E>(stream: impl Stream<Item = std::result::Result<Bytes, E>> + Send + 'static) -> Self
    where
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        let stream = stream.map(|piece| piece.map_err(|why| Error::internal(why.into())));
        Self::streamed(Box::pin(stream), None)
    }

    /// Creates a file from a reader: an open file, a socket.
    pub fn from_reader(reader: impl AsyncRead + Send + 'static) -> Self {
        let pieces = stream::unfold(Some(Box::pin(reader)), |reader| async {
            let mut reader = reader?;
            let mut piece = vec![0; PIECE];
            let read = std::future::poll_fn(|cx| {
                let mut buffer = ReadBuf::new(&mut piece);
                reader.as_mut().poll_read(cx, &mut buffer).map_ok(|()| buffer.filled().len())
            });
            match read.await {
                Ok(0) => None,
                Ok(length) => {
                    piece.truncate(length);
                    Some((Ok(Bytes::from(piece)), Some(reader)))
                }
                Err(why) => Some((Err(why), None)),
            }
        });
        Self::stream(pieces)
    }

    pub(crate) fn streamed(stream: FileStream, size: Option<u64>) -> Self {
        // Some streams panic when they are polled after their end.
        Self::of(FileContent::Stream(Box::pin(stream.fuse())), size)
    }

    /// Sets the file name.
    #[must_use]
    pub fn named(mut self, filename: impl Into<Arc<str>>) -> Self {
        self.filename = Some(filename.into());
        self
    }

    /// Sets the media type.
    #[must_use]
    pub fn typed(mut self, content_type: impl Into<Arc<str>>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Sets the size in bytes, so that the request has a `Content-Length`. The request fails if there are fewer or more bytes.
    #[must_use]
    pub fn sized(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Returns the file name. It comes from the caller: do not use it as a path.
    #[must_use]
    pub fn filename(&self) -> Option<&str> {
        self.filename.as_deref()
    }

    /// Returns the media type, if it is set.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// Returns the size in bytes, if it is known before the file is read.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// Returns an error if the file is a stream that has been read before or fails, or if it is larger than `at_most` bytes.
    pub async fn bytes(&self, at_most: usize) -> Result<Bytes> {
        let mut stream = pin!(self.pieces()?);
        let mut all = Vec::new();
        while let Some(piece) = stream.next().await {
            all.extend_from_slice(&piece?);
            if all.len() > at_most {
                return Err(Error::argument("", format!("the file is larger than {at_most} bytes")));
            }
        }
        Ok(all.into())
    }

    /// Reads the file piece by piece.
    ///
    /// # Errors
    /// Returns an error if the file is a stream that has been read before.
    pub fn pieces(&self) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static> {
        Ok(match self.content()? {
            FileContent::Bytes(bytes) => Box::pin(stream::once(async { Ok(bytes) })) as FileStream,
            FileContent::Stream(stream) => stream,
            FileContent::Taken => return Err(read_already()),
        })
    }

    /// Takes the content. Bytes can be taken again, a stream only once.
    pub(crate) fn content(&self) -> Result<FileContent> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        match &*content {
            FileContent::Bytes(bytes) => Ok(FileContent::Bytes(bytes.clone())),
            FileContent::Stream(_) => Ok(std::mem::replace(&mut *content, FileContent::Taken)),
            FileContent::Taken => Err(read_already()),
        }
    }
}

fn read_already() -> Error {
    Error::internal("the file has been read before; a stream can be read only once")
}

impl<T: Into<Bytes>> From<T> for Upload {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        let size = u64::try_from(bytes.len()).ok();
        Self::of(FileContent::Bytes(bytes), size)
    }
}

/// Two files are equal only if one is a clone of the other; their bytes are not compared.
impl PartialEq for Upload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.content, &other.content)
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut upload = f.debug_struct("Upload");
        upload.field("filename", &self.filename).field("content_type", &self.content_type).field("size", &self.size);
        upload.finish_non_exhaustive()
    }
}

/// A file in JSON, with its content in base64.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InJson<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    filename: Option<String>,
    mime_type: Option<String>,
}

impl<'de> Deserialize<'de> for Upload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        use base64::Engine;

        let InJson { data, filename, mime_type } = InJson::deserialize(deserializer)?;
        let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_bytes());
        let upload = Self::from(bytes.map_err(|_| serde::de::Error::custom("`data` is not base64"))?);
        let upload = filename.into_iter().fold(upload, Self::named);
        Ok(mime_type.into_iter().fold(upload, Self::typed))
    }
}

impl JsonSchema for Upload {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Upload".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(naftiko_spec::lower::file_schema()).unwrap_or_default()
    }
}

/// Returns the media type for the extension of a file.
#[cfg(any(feature = "mcp", feature = "cli"))]
pub(crate) fn media_type_of(path: &str) -> Option<&'static str> {
    let extension = std::path::Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "md" | "markdown" => Some("text/markdown"),
        "txt" | "log" => Some("text/plain"),
        "json" => Some("application/json"),
        "yaml" | "yml" => Some("application/yaml"),
        "html" | "htm" => Some("text/html"),
        "csv" => Some("text/csv"),
        "css" => Some("text/css"),
        "js" | "mjs" => Some("text/javascript"),
        "toml" => Some("application/toml"),
        "xml" => Some("application/xml"),
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "svg" => Some("image/svg+xml"),
        "pdf" => Some("application/pdf"),
        _ => None,
    }
}

/// A piece of a request body.
#[cfg(any(feature = "client", feature = "formats"))]
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client sends it"))]
pub(crate) enum BodyPiece {
    Bytes(Bytes),
    File(Upload),
}
