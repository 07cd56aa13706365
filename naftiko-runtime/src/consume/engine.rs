//! The engine: sends the request of a call and makes of the answer what the call gives.

use super::answer::{self, Opened, open};
use super::exchange::Line;
use super::failure;
use super::onward::{UNREAD, kept};
use super::ready::ReadyCall;
use super::request::{Prepared, RequestBuilder};
use super::source::{Inputs, StepResults};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{self, memory};
use crate::operation::{Answered, Shape};
use crate::operation::{Media, RawJson};
use crate::{formats, numbers};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use naftiko_spec::lower::Format;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::sync::Arc;

/// What a call gave.
pub(crate) struct Answer {
    /// The upstream's status.
    pub(crate) status: StatusCode,
    /// What the upstream says it is.
    content_type: Option<HeaderValue>,
    /// What goes on to callers of an answer that nobody looks into.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// The body of an answer.
pub(crate) enum Body {
    /// Nothing, or nothing that anybody asked for.
    Nothing,
    /// JSON that is not parsed yet.
    Json(Bytes),
    /// JSON that nobody parses.
    Raw(RawJson),
    /// Something else that nobody parses.
    Media(Media),
    /// A value.
    Value(Value),
}

/// Makes the request of a call; in a dry run the request is recorded, and the error says so.
///
/// # Errors
/// If a value cannot travel where it should.
pub(crate) fn prepare(line: &Line, call: &ReadyCall, inputs: Inputs<'_>) -> Result<Prepared> {
    let builder = RequestBuilder::new(call, inputs, line.dry_run.is_some());
    let Some(dry_run) = &line.dry_run else {
        let prepared = builder.request()?;
        if inputs.results.is_some_and(StepResults::overrun) {
            return Err(overrun());
        }
        return match numbers::check_rounded() {
            Err(why) if inputs.results.is_some() => Err(inexact(why)),
            Err(why) => Err(Error::argument("", format!("the arguments cannot be sent: {why}"))),
            Ok(()) => Ok(prepared),
        };
    };
    let request = builder.describe()?;
    Err(dry_run.record(line.errors.mask_text(&request).into_owned()).in_operation(&call.exchange.name))
}

/// What was looked for in the results of steps would have taken too much.
pub(crate) fn overrun() -> Error {
    let message = "the steps gave more than can be looked through";
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, message)
}

/// What upstreams answered has integers that cannot be told apart.
pub(crate) fn inexact(why: &str) -> Error {
    Error::of(ErrorKind::BadAnswer, StatusCode::BAD_GATEWAY, format!("the answer cannot be passed on: {why}"))
}

/// Sends a request and takes its answer, as far as that does not depend on a Rust type.
///
/// # Errors
/// If there is no success, or it cannot be read.
pub(crate) async fn send(line: &Arc<Line>, call: &ReadyCall, prepared: Prepared, shape: Shape) -> Result<Answer> {
    let opened = open(line, &call.exchange, prepared).await?;
    let (status, content_type) = (opened.status, opened.content_type().cloned());
    // What is shaped or decoded is not what these headers are about, nor a part of it.
    let (status, headers) = match shape {
        Shape::Raw if call.output.is_none() => (status, kept(&opened.headers, &UNREAD)),
        _ if status == StatusCode::PARTIAL_CONTENT => (StatusCode::OK, HeaderMap::new()),
        _ => (status, HeaderMap::new()),
    };
    let body = read(line, call, opened, content_type.as_ref(), shape).await?;
    Ok(Answer { status, content_type, headers, body })
}

async fn read(
    line: &Arc<Line>,
    call: &ReadyCall,
    opened: Opened,
    content_type: Option<&HeaderValue>,
    shape: Shape,
) -> Result<Body> {
    let exchange = &call.exchange;
    if shape == Shape::Unit {
        opened.skip().await;
        return Ok(Body::Nothing);
    }
    let (says_json, as_it_is) = (opened.is_json(), shape == Shape::Raw && call.output.is_none());
    if call.format == Format::Binary || (as_it_is && call.format.is_json() && says_json) {
        let body = opened.streamed(line, exchange, call.format.is_json()).await?;
        let Some(body) = body else { return Ok(Body::Nothing) };
        let named = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        return Ok(if call.format.is_json() { Body::Raw(body) } else { Body::Media(Media::of(named, body)) });
    }
    // What is decoded is masked once it is: decoding could undo the masks.
    let is_json = call.format.is_json();
    let bytes = if is_json { opened.whole(line, exchange).await? } else { opened.unmasked(line, exchange).await? };
    let is_blank = bytes.trim_ascii().is_empty();
    let value = match (&call.output, call.format) {
        // A part of nothing is null, or an empty list.
        (Some(output), _) if is_blank && output.is_part() => Value::Null,
        _ if is_blank => return Ok(Body::Nothing),
        (None, Format::Json) => {
            numbers::note(&bytes);
            // Some say that their JSON is text.
            if as_it_is && let Err(why) = serde_json::from_slice::<IgnoredAny>(&bytes) {
                return Err(answer::unreadable(line, exchange, &bytes, content_type, &why));
            }
            return Ok(if as_it_is { Body::Raw(bytes.into()) } else { Body::Json(bytes) });
        }
        (Some(_), Format::Json) => parse(line, call, &bytes, content_type).await?,
        (_, format) => decode(line, call, format, &bytes, content_type).await?,
    };
    match &call.output {
        Some(output) => output.apply(value).map(Body::Value).map_err(|why| failure::bad_answer(exchange, &why)),
        None => Ok(Body::Value(value)),
    }
}

/// An answer in another format than JSON, as a value.
#[cfg(feature = "formats")]
async fn decode(
    line: &Line,
    call: &ReadyCall,
    format: Format,
    bytes: &Bytes,
    content_type: Option<&HeaderValue>,
) -> Result<Value> {
    // Once more for what is made of it.
    limits::hold(bytes.len().saturating_mul(16))?;
    let (said, taken) = (content_type.and_then(|value| value.to_str().ok()).map(str::to_owned), bytes.clone());
    let decoded = formats::off_reactor(taken.len(), move || formats::decode(format, &taken, said.as_deref())).await;
    let mut value = decoded.map_err(|why| complaint(line, call, &why))?;
    line.answers.mask_value(&mut value);
    Ok(value)
}

/// The same without the feature: a client with such a call is not built.
#[cfg(not(feature = "formats"))]
async fn decode(line: &Line, call: &ReadyCall, _: Format, _: &Bytes, _: Option<&HeaderValue>) -> Result<Value> {
    std::future::ready(Err(complaint(line, call, "the feature `formats` is off"))).await
}

/// An answer cannot be read, as a decoder complains.
fn complaint(line: &Line, call: &ReadyCall, why: &str) -> Error {
    /// How much of a decoder's complaint is repeated, in characters.
    const COMPLAINT: usize = 200;

    let why: String = line.errors.mask_text(why).chars().take(COMPLAINT).collect();
    let word = super::ready::word(call.format);
    failure::bad_answer(&call.exchange, &format!("gave an answer that cannot be read as {word}: {why}"))
}

/// An answer in JSON, as a value.
async fn parse(line: &Line, call: &ReadyCall, json: &Bytes, content_type: Option<&HeaderValue>) -> Result<Value> {
    // Once more for what is made of it.
    limits::hold(memory::json_cost(json).saturating_mul(2))?;
    numbers::note(json);
    memory::json_fits(json).map_err(|why| complaint(line, call, &why))?;
    let taken = json.clone();
    let parsed = formats::off_reactor(json.len(), move || serde_json::from_slice(&taken)).await;
    parsed.map_err(|why| answer::unreadable(line, &call.exchange, json, content_type, &why))
}

impl Answer {
    /// The answer as a value, whatever it is; bytes in base64.
    ///
    /// # Errors
    /// If it cannot be read.
    #[cfg_attr(not(feature = "document"), allow(dead_code, reason = "only documents ask"))]
    pub(crate) async fn value(self, line: &Line, call: &ReadyCall) -> Result<Value> {
        match self.body {
            Body::Nothing => Ok(Value::Null),
            Body::Value(value) => Ok(value),
            Body::Media(media) => Ok(crate::operation::call::base64(&media.bytes().await?).into()),
            Body::Raw(raw) => parse(line, call, &raw.bytes().await?, self.content_type.as_ref()).await,
            Body::Json(json) => parse(line, call, &json, self.content_type.as_ref()).await,
        }
    }

    /// Decodes the answer, as the type of a result does it.
    ///
    /// # Errors
    /// If it does not fit.
    pub(crate) fn decode<R>(
        self,
        line: &Line,
        call: &ReadyCall,
        (shape, is_string): (Shape, bool),
        decode: impl Fn(Answered<'_>) -> Result<R, serde_json::Error>,
    ) -> Result<R> {
        // Plain text is a string, unless it has parts.
        let says_text = is_string && call.output.is_none();
        let json = match self.body {
            Body::Raw(raw) => return decode(Answered::Raw(raw)).map_err(Error::internal),
            Body::Media(media) => return decode(Answered::Raw(media.into())).map_err(Error::internal),
            Body::Nothing if shape == Shape::Raw => Bytes::from_static(b"null"),
            Body::Nothing => Bytes::new(),
            Body::Json(json) => json,
            Body::Value(value) => serde_json::to_vec(&value).map_err(Error::internal)?.into(),
        };
        if shape == Shape::Raw {
            return decode(Answered::Raw(json.into())).map_err(Error::internal);
        }
        let text = if says_text { answer::text(&call.exchange, &json, self.content_type.as_ref())? } else { None };
        decode(Answered::Json(text.as_ref().unwrap_or(&json)))
            .map_err(|why| answer::unreadable(line, &call.exchange, &json, self.content_type.as_ref(), &why))
    }
}
