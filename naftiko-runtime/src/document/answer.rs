//! What becomes of an upstream's answer: passed on as it is, or read in the format that the document says.

use crate::consume::answer::{self, Opened};
use crate::consume::exchange::{Exchange, Line};
use crate::consume::failure;
use crate::error::Result;
use crate::formats;
use crate::limits::{self, memory};
use crate::numbers;
use crate::operation::{Media, RawJson};
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
        let is_json = format == Format::Json;
        let Some(body) = opened.streamed(line, exchange, is_json).await? else { return Ok(Answer::Nothing) };
        return Ok(if is_json { Answer::Raw(body) } else { Answer::Media(Media::of(said.unwrap_or_default(), body)) });
    }
    let is_json = opened.is_json();
    let decoded = format != Format::Json;
    let bytes = if decoded { opened.unmasked(line, exchange).await? } else { opened.whole(line, exchange).await? };
    if bytes.trim_ascii().is_empty() {
        return Ok(Answer::Nothing);
    }
    // Once more for what is made of it.
    let cost = if format == Format::Json { memory::json_cost(&bytes) } else { bytes.len().saturating_mul(8) };
    limits::hold(cost.saturating_mul(2))?;
    let unreadable = |why: String| {
        let why: String = line.errors.mask_text(&why).chars().take(COMPLAINT).collect();
        failure::bad_answer(exchange, &format!("gave an answer that cannot be read as {}: {why}", word(format)))
    };
    if format == Format::Json {
        numbers::note(&bytes);
        memory::json_fits(&bytes).map_err(unreadable)?;
        let json = bytes.clone();
        return match formats::off_reactor(json.len(), move || serde_json::from_slice::<Value>(&json)).await {
            // Some say that their JSON is text.
            Ok(_) if as_it_is && !is_json => Ok(Answer::Raw(bytes.into())),
            Ok(value) => Ok(Answer::Value(value)),
            Err(why) => Err(answer::unreadable(line, exchange, &bytes, content_type.as_ref(), &why)),
        };
    }
    let said = said.map(str::to_owned);
    let decoded = formats::off_reactor(bytes.len(), move || formats::decode(format, &bytes, said.as_deref())).await;
    let mut value = decoded.map_err(unreadable)?;
    line.answers.mask_value(&mut value);
    Ok(Answer::Value(value))
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
