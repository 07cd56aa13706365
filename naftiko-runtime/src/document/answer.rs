//! What becomes of an upstream's answer: passed on as it is, or read in the format that the document says.

use crate::consume::answer::{self, Opened};
use crate::consume::exchange::{Exchange, Line};
use crate::consume::failure;
use crate::error::Result;
use crate::formats;
use crate::operation::{Media, RawJson};
use http_body_util::combinators::UnsyncBoxBody;
use naftiko_spec::lower::Format;
use serde_json::Value;
use std::sync::Arc;

/// How much of a decoder's complaint is repeated, in characters.
const COMPLAINT: usize = 200;

/// An answer.
pub(super) enum Answer {
    /// Nothing.
    Nothing,
    /// JSON that nobody has read.
    Raw(RawJson),
    /// Something else that nobody has read.
    Media(Media),
    /// A value.
    Value(Value),
}

/// Takes an answer of that format; `as_it_is` leaves JSON and bytes unread.
pub(super) async fn take(
    line: &Arc<Line>,
    exchange: &Arc<Exchange>,
    format: Format,
    opened: Opened,
    as_it_is: bool,
) -> Result<Answer> {
    let content_type = opened.content_type().cloned();
    let said = content_type.as_ref().and_then(|value| value.to_str().ok());
    let streams = as_it_is && (format == Format::Binary || (format == Format::Json && opened.is_json()));
    if streams || format == Format::Binary {
        let Some(body) = streamed(line, exchange, opened).await? else { return Ok(Answer::Nothing) };
        let is_json = format == Format::Json;
        return Ok(if is_json { Answer::Raw(body) } else { Answer::Media(Media::of(said.unwrap_or_default(), body)) });
    }
    let is_json = opened.is_json();
    let bytes = opened.whole(line, exchange).await?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Answer::Nothing);
    }
    if format == Format::Json {
        return match serde_json::from_slice(&bytes) {
            // Some say that their JSON is text.
            Ok(value) if as_it_is && !is_json => {
                let _: Value = value;
                Ok(Answer::Raw(bytes.into()))
            }
            Ok(value) => Ok(Answer::Value(value)),
            Err(why) => Err(answer::unreadable(line, exchange, &bytes, content_type.as_ref(), &why)),
        };
    }
    formats::decode(format, &bytes, said).map(Answer::Value).map_err(|why| {
        let why: String = line.errors.mask_text(&why).chars().take(COMPLAINT).collect();
        failure::bad_answer(exchange, &format!("gave an answer that cannot be read as {}: {why}", word(format)))
    })
}

/// A body that is passed on as it comes; none if nothing comes.
pub(super) async fn streamed(line: &Arc<Line>, exchange: &Arc<Exchange>, opened: Opened) -> Result<Option<RawJson>> {
    let mut body = opened.streamed(line.clone(), exchange.clone())?.nothing_stays_nothing();
    Ok(body.begins().await?.then(|| RawJson::streaming(UnsyncBoxBody::new(body))))
}

/// A format by the document's word.
fn word(format: Format) -> &'static str {
    match format {
        Format::Json => "json",
        Format::Xml => "xml",
        Format::Csv => "csv",
        Format::Tsv => "tsv",
        Format::Psv => "psv",
        Format::Yaml => "yaml",
        Format::Html => "html",
        Format::Markdown => "markdown",
        Format::Text => "text",
        Format::Binary => "binary",
    }
}
