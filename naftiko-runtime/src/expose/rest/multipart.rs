//! Reads the parts of `multipart/form-data` (RFC 7578) as they arrive: fields are buffered, a file is streamed if possible.

use super::body_error::{reason, too_large, unsupported};
use super::body_limit::limited;
use super::given::{BodyArguments, file_limit};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::operation::Given;
use crate::schema::{self, Fault};
use crate::upload::{FileStream, Upload};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, StreamExt};
use http::StatusCode;

/// The maximum length of a part's headers, in bytes.
const MAX_HEAD: usize = 8 * 1024;

/// Returns the boundary of `multipart/form-data`; `None` for any other media type.
pub(super) fn boundary(media_type: &str) -> Option<Result<String>> {
    let (kind, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    // RFC 2046, section 5.1.1: at most 70 characters.
    let boundary = parameter(parameters, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()));
    Some(boundary.ok_or_else(|| unsupported("the Content-Type has no `boundary` of 1 to 70 characters".to_owned())))
}

/// Returns a parameter of a header value, without its quotes.
fn parameter(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    while let Some((key, value)) = rest.split_once('=') {
        let (text, after) = if let Some(quoted) = value.strip_prefix('"') {
            // Browsers percent-encode quotes; other clients escape them.
            let mut escaped = false;
            let end = quoted.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })?;
            (quoted.get(..end)?.replace("\\\"", "\""), quoted.get(end + 1..)?)
        } else {
            let end = value.find(';').unwrap_or(value.len());
            (value.get(..end)?.trim().to_owned(), value.get(end..)?)
        };
        if key.trim_start_matches([';', ' ']).trim().eq_ignore_ascii_case(name) {
            return Some(text);
        }
        rest = after;
    }
    None
}

/// Reads the parts of a form. A file is streamed if all required arguments and all other files precede it; it must then be the last
/// part. Otherwise it is buffered.
///
/// # Errors
/// Returns an error if the body is too large or not a valid form, or if a part is unknown, or repeats a file or JSON.
pub(super) async fn read(
    arguments: &mut BodyArguments<'_, '_>,
    boundary: &str,
    body: Body,
    limits: &Limits,
) -> Result<()> {
    let mut parts = Parts::new(boundary, body);
    let mut remaining = limits.body;
    // The preamble before the first boundary is ignored, but counts against the limit.
    parts.buffered(&mut remaining, limits.body).await?;
    while let Some(part) = parts.next().await? {
        remaining = remaining.checked_sub(part.length).ok_or_else(|| too_large(limits.body))?;
        let Some(at) = arguments.iter().position(|(input, _)| input.argument.name == part.name) else {
            let names = arguments.iter().map(|(input, _)| input.argument.name.as_str());
            return Err(schema::unknown("part", &part.name, names));
        };
        // A streamed file must be the last part: no part may follow that is required, or is a file.
        let may_follow = |(other, (input, given)): (usize, &(&crate::operation::InputSchema, &mut Given))| {
            other != at && (input.argument.required || input.argument.file) && matches!(**given, Given::Absent)
        };
        let can_stream = !arguments.iter().enumerate().any(may_follow);
        let Some((input, given)) = arguments.get_mut(at) else { continue };
        if input.argument.file {
            if !matches!(**given, Given::Absent) {
                return Err(schema::duplicate_member(schema::pointer(&part.name)));
            }
            let limit = file_limit(input, limits);
            if can_stream {
                let pieces = limited(parts.rest(), limit);
                **given = Given::Upload(part.describe(Upload::streamed(pieces, None)));
                return Ok(());
            }
            let bytes = parts.buffered(&mut remaining, limits.body).await?;
            if bytes.len() > limit {
                return Err(too_large(limit));
            }
            **given = Given::Upload(part.describe(Upload::from(bytes)));
            continue;
        }
        let bytes = parts.buffered(&mut remaining, limits.body).await?;
        if part.content_type.as_deref().is_some_and(naftiko_spec::model::is_json) {
            let at = || schema::pointer(&part.name);
            if !matches!(**given, Given::Absent) {
                return Err(schema::duplicate_member(at()));
            }
            schema::strict(&bytes).map_err(|fault| match fault {
                Fault::Syntax(_) => malformed(&format!(
                    "the part `{}` is declared as JSON, but is not valid JSON",
                    part.name.escape_debug()
                )),
                Fault::Twice(member) => schema::duplicate_member(at() + &member),
            })?;
            **given = Given::Json(bytes);
            continue;
        }
        let text = String::from_utf8(bytes.into())
            .map_err(|_| malformed(&format!("the part `{}` is not UTF-8 text", part.name.escape_debug())))?;
        **given = match std::mem::take(*given) {
            Given::Absent => Given::Text(text.into()),
            Given::Text(first) => Given::Texts(vec![first.into_owned(), text]),
            Given::Texts(mut texts) => {
                texts.push(text);
                Given::Texts(texts)
            }
            _ => return Err(schema::duplicate_member(schema::pointer(&part.name))),
        };
    }
    Ok(())
}

fn malformed(why: &str) -> Error {
    Error::of(ErrorKind::Argument, StatusCode::BAD_REQUEST, why)
}

/// The headers of a part.
struct Head {
    name: String,
    filename: Option<String>,
    content_type: Option<String>,
    /// Their length in bytes, so that a part without content also counts against the limit.
    length: usize,
}

impl Head {
    /// Parses the headers of a part; `None` if it has no name.
    fn of(head: &str) -> Option<Self> {
        let header = |wanted: &str| {
            let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
            lines.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let disposition = header("content-disposition")?;
        let (kind, parameters) = disposition.split_once(';')?;
        let content_type = header("content-type").map(str::to_owned);
        let name = parameter(parameters, "name").filter(|_| kind.trim().eq_ignore_ascii_case("form-data"))?;
        Some(Self { name, filename: parameter(parameters, "filename"), content_type, length: head.len() })
    }

    /// Sets a file's name and type from its part.
    fn describe(self, file: Upload) -> Upload {
        let file = self.filename.into_iter().fold(file, Upload::named);
        self.content_type.into_iter().fold(file, Upload::typed)
    }
}

/// The parts of a body.
struct Parts {
    body: FileStream,
    /// Bytes that have been read but not parsed.
    buffer: BytesMut,
    /// The end of a part: a line break, `--` and the boundary.
    delimiter: Vec<u8>,
    /// Whether the last boundary has been read.
    ended: bool,
}

impl Parts {
    fn new(boundary: &str, body: Body) -> Self {
        let body = body.into_data_stream();
        let body = body.map(|piece| piece.map_err(|error| reason(error.into())));
        // The initial line break makes a boundary at the start of the body match the delimiter.
        Self {
            body: Box::pin(body),
            buffer: BytesMut::from(&b"\r\n"[..]),
            delimiter: format!("\r\n--{boundary}").into_bytes(),
            ended: false,
        }
    }

    /// Reads more bytes; returns an error at the end of the body.
    async fn read_more(&mut self) -> Result<()> {
        match self.body.next().await.transpose()? {
            Some(piece) => self.buffer.extend_from_slice(&piece),
            None => return Err(malformed("the body ends before its last boundary")),
        }
        Ok(())
    }

    /// Reads the headers of the next part, after the preamble or the whole previous part; `None` after the last part.
    async fn next(&mut self) -> Result<Option<Head>> {
        if self.ended {
            return Ok(None);
        }
        while self.buffer.len() < self.delimiter.len() + 2 {
            self.read_more().await?;
        }
        let _ = self.buffer.split_to(self.delimiter.len());
        if self.buffer.starts_with(b"--") {
            self.ended = true;
            return Ok(None);
        }
        let end = loop {
            match find(&self.buffer, b"\r\n\r\n") {
                Some(end) if end <= MAX_HEAD => break end,
                None if self.buffer.len() <= MAX_HEAD => self.read_more().await?,
                _ => return Err(malformed(&format!("the headers of a part are longer than {MAX_HEAD} bytes"))),
            }
        };
        let head = self.buffer.split_to(end + 4);
        let head = std::str::from_utf8(&head).map_err(|_| malformed("the headers of a part are not UTF-8"))?;
        Head::of(head).map(Some).ok_or_else(|| malformed("a part has no name in its Content-Disposition"))
    }

    /// Reads a piece of the part; `None` at its end, before the delimiter.
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            match find(&self.buffer, &self.delimiter) {
                Some(0) => return Ok(None),
                Some(end) => return Ok(Some(self.buffer.split_to(end).freeze())),
                // The end of the buffer may be the beginning of a delimiter.
                None if self.buffer.len() > self.delimiter.len() => {
                    let length = self.buffer.len() - self.delimiter.len();
                    return Ok(Some(self.buffer.split_to(length).freeze()));
                }
                None => self.read_more().await?,
            }
        }
    }

    /// Reads a whole part. Its length is subtracted from `remaining`; `most` is the limit that the error names.
    async fn buffered(&mut self, remaining: &mut usize, most: usize) -> Result<Bytes> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            *remaining = remaining.checked_sub(piece.len()).ok_or_else(|| too_large(most))?;
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Returns the part as a stream, which fails at its end if another part follows.
    fn rest(self) -> FileStream {
        Box::pin(stream::unfold(Some(self), |parts| async {
            let mut parts = parts?;
            match parts.piece().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(parts))),
                Ok(None) => match parts.next().await {
                    Ok(None) => None,
                    Ok(Some(_)) => {
                        Some((Err(malformed("another part follows the file: send the file as the last part")), None))
                    }
                    Err(why) => Some((Err(why), None)),
                },
                Err(why) => Some((Err(why), None)),
            }
        }))
    }
}

/// Finds `wanted`, which must begin with a line break.
fn find(buffer: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + buffer.get(from..)?.iter().position(|byte| *byte == b'\r')?;
        if buffer.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn the_preamble_counts_against_the_limit() {
        let limits = Limits { body: 100, ..Limits::default() };
        for (length, is_refused) in [(0, false), (98, false), (101, true), (100_000, true)] {
            let body = Body::from(format!("{}\r\n--B--\r\n", "x".repeat(length)));
            let read = read(&mut [], "B", body, &limits).await;
            assert_eq!(read.err().map(|error| error.status()), is_refused.then_some(StatusCode::PAYLOAD_TOO_LARGE));
        }
    }
}
