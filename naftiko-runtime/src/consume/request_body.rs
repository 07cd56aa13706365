//! The body of a request, in every way in which a call can describe it.

use super::source::{ReadyPiece, ReadySource, Scope};
use crate::error::{Error, Result};
use crate::formats::{self, Part, Span};
use crate::numbers;
use bytes::Bytes;
use http::HeaderValue;
use naftiko_spec::model::BodyKind;
use serde_json::Value;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The body of a request, ready to be made.
pub(crate) enum ReadyBody {
    Json(ReadySource),
    JsonText(Vec<ReadyPiece>),
    Form(Vec<(String, ReadySource)>),
    FormText(Vec<ReadyPiece>),
    Multipart(Vec<ReadyPart>),
    Text(BodyKind, ReadySource),
}

/// One part of a multipart body.
pub(crate) struct ReadyPart {
    pub(crate) name: String,
    pub(crate) value: ReadySource,
    pub(crate) filename: Option<ReadySource>,
    pub(crate) content_type: Option<ReadySource>,
}

impl ReadyBody {
    /// Returns the bytes and their media type; `None` if there is nothing to send.
    ///
    /// # Errors
    /// If a value cannot be written.
    pub(crate) fn make<'a>(&'a self, scope: &Scope<'a>) -> Result<Option<(Bytes, HeaderValue)>> {
        Ok(match self {
            Self::Json(source) => json(scope, source)?.map(|bytes| (bytes, JSON)),
            Self::JsonText(pieces) => Some((formats::json_text(&spans(scope, pieces)).into(), JSON)),
            Self::Form(fields) => {
                let fields = fields
                    .iter()
                    .filter_map(|(name, source)| Some((name.clone(), scope.value_in_place(source)?.into_owned())));
                let form = formats::form(&fields.collect::<Vec<_>>());
                (!form.is_empty()).then(|| (form.into(), FORM))
            }
            Self::FormText(pieces) => Some((formats::form_text(&spans(scope, pieces)).into(), FORM)),
            Self::Multipart(parts) => Some(multipart(scope, parts)?),
            Self::Text(kind, source) => text(scope, *kind, source).map(|text| (text.into(), media_type(*kind))),
        })
    }
}

/// A value as JSON. What came as JSON goes on as it came, numbers and all.
fn json<'a>(scope: &Scope<'a>, source: &'a ReadySource) -> Result<Option<Bytes>> {
    if let Some(json) = scope.json(source) {
        return Ok(Some(json.clone()));
    }
    let value = scope.value(source);
    value.map(|value| numbers::json(&value).map(Bytes::from).map_err(Error::internal)).transpose()
}

/// The pieces of a text, with their values.
fn spans<'a>(scope: &Scope<'a>, pieces: &'a [ReadyPiece]) -> Vec<Span<'a>> {
    let span = |piece: &'a ReadyPiece| match piece {
        ReadyPiece::Literal(literal) => Span::Literal(literal),
        ReadyPiece::Value(source) => Span::Value(scope.value(source)),
    };
    pieces.iter().map(span).collect()
}

fn multipart<'a>(scope: &Scope<'a>, parts: &'a [ReadyPart]) -> Result<(Bytes, HeaderValue)> {
    let first = |source: &'a Option<ReadySource>| {
        let mut first = None;
        let _ = scope.each_text(source.as_ref()?, |text| -> Result<(), ()> {
            first = Some(text.to_owned());
            Err(())
        });
        first.map(Into::into)
    };
    let present = parts.iter().filter_map(|part| {
        Some(Part {
            name: &part.name,
            value: scope.value_in_place(&part.value)?,
            filename: first(&part.filename),
            content_type: first(&part.content_type),
        })
    });
    let (content_type, body) = formats::multipart(&present.collect::<Vec<_>>());
    Ok((body.into(), HeaderValue::from_str(&content_type).map_err(Error::internal)?))
}

/// A text of that kind; values within one of XML are escaped.
fn text<'a>(scope: &Scope<'a>, kind: BodyKind, source: &'a ReadySource) -> Option<String> {
    match (kind, source) {
        (BodyKind::Xml, ReadySource::Text(pieces)) => Some(formats::xml_text(&spans(scope, pieces))),
        (_, ReadySource::Text(pieces)) => scope.text_of(pieces),
        _ => scope.value_in_place(source).map(|value| match &*value {
            Value::String(text) => text.clone(),
            other => numbers::text(other),
        }),
    }
}

fn media_type(kind: BodyKind) -> HeaderValue {
    match kind {
        BodyKind::Json => JSON,
        BodyKind::Text => HeaderValue::from_static("text/plain; charset=utf-8"),
        BodyKind::Xml => HeaderValue::from_static("application/xml"),
        BodyKind::Sparql => HeaderValue::from_static("application/sparql-query"),
        BodyKind::Yaml => HeaderValue::from_static("application/yaml"),
        BodyKind::Binary => HeaderValue::from_static("application/octet-stream"),
        BodyKind::FormUrlEncoded => FORM,
        BodyKind::MultipartForm => HeaderValue::from_static("multipart/form-data"),
    }
}
