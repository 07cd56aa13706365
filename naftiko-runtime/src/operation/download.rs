//! Streamed bytes: a file from an API, or a file that a method creates.

use super::raw::{FileHead, RawJson};
use crate::error::{Error, Result};
use crate::limits::{CallBudget, MAX_BUFFERED};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::HeaderValue;
use http_body::Frame;
use http_body_util::StreamBody;
use http_body_util::combinators::UnsyncBoxBody;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A file: a stream of bytes with a media type, and optionally a length and a name. If an operation returns a `Download`, REST
/// callers get a stream with this type, length and name, and the file is not kept in memory. Tools return the file as a blob, up to
/// [a limit](crate::Limits::blob).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use naftiko_runtime::Download;
///
/// let mut report = Download::new("text/csv", "id,name\n1,Ada\n").named("report.csv");
/// assert_eq!((report.content_type(), report.length()), ("text/csv", Some(14)));
/// assert_eq!(report.file_name().as_deref(), Some("report.csv"));
/// while let Some(piece) = report.chunk().await? {
///     assert_eq!(piece, "id,name\n1,Ada\n");
/// }
/// # Ok::<(), naftiko_runtime::Error>(())
/// # }).unwrap();
/// ```
pub struct Download {
    head: FileHead,
    body: RawJson,
}

impl Download {
    /// Creates a file from bytes in memory; an invalid media type is replaced by `application/octet-stream`.
    #[must_use]
    pub fn new(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::of(content_type, None, RawJson::from(body.into()))
    }

    /// Creates a file from a stream of bytes; an invalid media type is replaced by `application/octet-stream`.
    #[must_use]
    pub fn from_stream<E: Into<Box<dyn StdError + Send + Sync>> + 'static>(
        content_type: &str,
        stream: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Self {
        let body = StreamBody::new(stream.map_ok(Frame::data).map_err(Error::internal));
        Self::of(
            content_type,
            None,
            RawJson::streaming(UnsyncBoxBody::new(body), CallBudget::default()).with_buffer_limit(MAX_BUFFERED),
        )
    }

    /// Creates a file from a body; an invalid media type is replaced by `application/octet-stream`.
    pub(crate) fn of(content_type: &str, disposition: Option<HeaderValue>, body: RawJson) -> Self {
        let fits = !content_type.is_empty() && content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let content_type = if fits { content_type } else { "application/octet-stream" };
        Self { head: FileHead { content_type: content_type.to_owned(), disposition }, body }
    }

    /// Sets the file name (RFC 6266).
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let plain: String =
            name.chars().map(|c| if matches!(c, ' '..='~') && !matches!(c, '"' | '\\') { c } else { '_' }).collect();
        let mut disposition = format!("attachment; filename=\"{plain}\"");
        if plain != name {
            disposition.push_str("; filename*=UTF-8''");
            disposition.push_str(&encoded(name));
        }
        self.head.disposition = HeaderValue::from_str(&disposition).ok();
        self
    }

    /// Returns the media type, such as `image/png`.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.head.content_type
    }

    /// Returns the file name without folders.
    #[must_use]
    pub fn file_name(&self) -> Option<String> {
        // Only ASCII is allowed here, but some servers send UTF-8, and older ones send ISO-8859-1 (RFC 6266, appendix C.3).
        let disposition = self.head.disposition.as_ref()?.as_bytes();
        let latin = || disposition.iter().copied().map(char::from).collect();
        let disposition = std::str::from_utf8(disposition).map_or_else(|_| latin(), str::to_owned);
        let name = extended(&disposition).or_else(|| parameter(&disposition, "filename"))?;
        let name: String = name.rsplit(['/', '\\']).next()?.chars().filter(|c| !c.is_control()).collect();
        Some(name).filter(|name| !matches!(name.trim(), "" | "." | ".."))
    }

    /// Returns the number of remaining bytes, if it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.body.length()
    }

    /// Returns the next piece; `None` at the end.
    ///
    /// # Errors
    /// Returns an error if the stream fails: if the connection to the upstream breaks, for example.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.next().await.transpose()
    }

    /// Reads the whole file into memory. A file from an API is limited by the client's size limit for answers, another stream by the
    /// default of that limit.
    ///
    /// # Errors
    /// Returns an error if the stream fails, or if the file exceeds the limit.
    pub async fn bytes(self) -> Result<Bytes> {
        self.body.bytes().await
    }

    /// Reads the whole file into memory, and keeps its type and its name.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client reads answers"))]
    pub(crate) async fn buffered(self) -> Result<Self> {
        let body = RawJson::from(self.body.bytes().await?);
        Ok(Self { head: self.head, body })
    }

    /// Returns its Content-Disposition.
    #[cfg_attr(not(feature = "rest"), allow(dead_code, reason = "only REST has headers"))]
    pub(crate) fn disposition(&self) -> Option<&HeaderValue> {
        self.head.disposition.as_ref()
    }

    /// Replaces a body that is still arriving.
    pub(super) fn map_arriving(
        self,
        replace: impl FnOnce(UnsyncBoxBody<Bytes, Error>) -> UnsyncBoxBody<Bytes, Error>,
    ) -> Self {
        Self { head: self.head, body: self.body.map_arriving(replace) }
    }

    /// Creates a file from a body, with this media type and name.
    pub(super) fn of_parts(head: FileHead, body: RawJson) -> Self {
        Self { head, body }
    }

    /// Returns the file as the body of an answer.
    pub(crate) fn into_body(self) -> RawJson {
        self.body
    }
}

/// Percent-encodes all but the characters that are unreserved in URLs (RFC 3986, section 2.3), which `filename*` allows too.
pub(crate) fn encoded(name: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes = name.bytes().map(|byte| match byte {
        byte if unreserved(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Decodes the value of `filename*` (RFC 8187): UTF-8, percent-encoded.
fn extended(disposition: &str) -> Option<String> {
    let value = parameter(disposition, "filename*")?;
    let encoded = value.get(..7).filter(|charset| charset.eq_ignore_ascii_case("utf-8''")).and(value.get(7..))?;
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(if byte == b'%' { digit(rest.next())? * 16 + digit(rest.next())? } else { byte });
    }
    String::from_utf8(bytes).ok()
}

/// Returns the value of a parameter without its quotes (RFC 9110, section 5.6.6).
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    loop {
        // Parameters begin after semicolons outside quotes.
        let (mut quoted, mut escaped) = (false, false);
        let start = rest.find(|c| {
            let is_separator = c == ';' && !quoted;
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && quoted && !escaped;
            is_separator
        })?;
        rest = rest.get(start + 1..)?.trim_start();
        let Some((key, value)) = rest.split_once('=') else { continue };
        if !key.trim().eq_ignore_ascii_case(name) {
            continue;
        }
        let value = value.trim_start();
        let Some(inner) = value.strip_prefix('"') else {
            return Some(value.split(';').next().unwrap_or_default().trim().to_owned());
        };
        let (mut text, mut characters) = (String::new(), inner.chars());
        while let Some(c) = characters.next().filter(|c| *c != '"') {
            text.extend(if c == '\\' { characters.next() } else { Some(c) });
        }
        return Some(text);
    }
}

/// Used by clients of a document, for an operation that returns something other than JSON.
impl From<Box<Download>> for RawJson {
    fn from(download: Box<Download>) -> Self {
        download.body.with_file(download.head)
    }
}

impl Stream for Download {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.body.poll_piece(cx)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({}, {:?})", self.head.content_type, self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(disposition: &'static str) -> Option<String> {
        let disposition = Some(HeaderValue::from_static(disposition));
        Download::of("", disposition, RawJson::from(Bytes::new())).file_name()
    }

    #[test]
    fn a_file_name_is_read_as_it_was_written() {
        for file in ["report.csv", "a b;c.txt", "größe.pdf", "quo\"te.txt", "50%.txt"] {
            assert_eq!(Download::new("text/csv", "").named(file).file_name().as_deref(), Some(file));
        }
        assert_eq!(name(r#"attachment; filename="a; b\"c.txt"; size=3"#).as_deref(), Some("a; b\"c.txt"));
        assert_eq!(name("attachment; x=\";filename=no\"; FileName = plain.txt").as_deref(), Some("plain.txt"));
        assert_eq!(name("attachment; filename=a.txt; filename*=UTF-8''%c3%bc.txt").as_deref(), Some("ü.txt"));
    }

    #[test]
    fn a_file_name_that_is_not_utf8_is_read_as_iso_8859_1() {
        for bytes in [&b"attachment; filename=\"\xfc.png\""[..], "attachment; filename=\"ü.png\"".as_bytes()] {
            let disposition = HeaderValue::from_bytes(bytes).ok();
            let file = Download::of("", disposition, RawJson::from(Bytes::new()));
            assert_eq!(file.file_name().as_deref(), Some("ü.png"));
        }
    }

    #[test]
    fn a_file_name_has_no_folders() {
        for (disposition, expected) in [
            ("attachment; filename=\"/etc/passwd\"", Some("passwd")),
            ("attachment; filename=\"..\\\\..\\\\x.exe\"", Some("x.exe")),
            ("attachment; filename*=UTF-8''%2e%2e%2fx", Some("x")),
            ("attachment; filename=..", None),
            ("attachment; filename*=UTF-8''%f", None),
            ("attachment; filename=\"", None),
            ("attachment", None),
            ("", None),
        ] {
            assert_eq!(name(disposition).as_deref(), expected, "{disposition}");
        }
    }

    #[test]
    fn an_invalid_media_type_is_replaced() {
        for content_type in ["", "text/\nplain", "tëxt/plain"] {
            assert_eq!(Download::new(content_type, "").content_type(), "application/octet-stream");
        }
    }
}
