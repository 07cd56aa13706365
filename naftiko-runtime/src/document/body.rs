//! The body of a request, in every way in which a document can say it.

use super::request::Making;
use crate::error::{Error, Result};
use crate::formats::{self, Part, Span};
use crate::numbers;
use bytes::Bytes;
use http::HeaderValue;
use naftiko_spec::lower::{Body, MultipartPart, Piece, Source};
use naftiko_spec::model::BodyKind;
use serde_json::Value;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The bytes of a body and what they are; none if there is nothing to send.
pub(super) fn make<'a>(making: &Making<'a>, body: &'a Body) -> Result<Option<(Bytes, HeaderValue)>> {
    Ok(match body {
        Body::Json(source) => json(making, source)?.map(|bytes| (bytes, JSON)),
        Body::JsonText(pieces) => Some((formats::json_text(&spans(making, pieces)).into(), JSON)),
        Body::Form(fields) => {
            let fields = fields
                .iter()
                .filter_map(|(name, source)| Some((name.clone(), making.scope.value_in_place(source)?.into_owned())));
            let form = formats::form(&fields.collect::<Vec<_>>());
            (!form.is_empty()).then(|| (form.into(), FORM))
        }
        Body::FormText(pieces) => Some((formats::form_text(&spans(making, pieces)).into(), FORM)),
        Body::Multipart(parts) => Some(multipart(making, parts)?),
        Body::Text(kind, source) => text(making, *kind, source).map(|text| (text.into(), media_type(*kind))),
    })
}

/// A value as JSON. What came as JSON goes on as it came, numbers and all.
fn json<'a>(making: &Making<'a>, source: &'a Source) -> Result<Option<Bytes>> {
    let scope = &making.scope;
    if let Source::Argument(index) = source
        && let Some(json) = scope.arguments.get(*index).and_then(|argument| argument.json)
        && !scope.hides(*index)
    {
        return Ok(Some(json.clone()));
    }
    let value = scope.value(source);
    value.map(|value| numbers::json(&value).map(Bytes::from).map_err(Error::internal)).transpose()
}

/// The pieces of a text, with their values.
fn spans<'a>(making: &Making<'a>, pieces: &'a [Piece]) -> Vec<Span<'a>> {
    let span = |piece: &'a Piece| match piece {
        Piece::Literal(literal) => Span::Literal(literal),
        Piece::Value(source) => Span::Value(making.scope.value(source)),
    };
    pieces.iter().map(span).collect()
}

fn multipart<'a>(making: &Making<'a>, parts: &'a [MultipartPart]) -> Result<(Bytes, HeaderValue)> {
    let said = |source: &'a Option<Source>| making.scope.texts(source.as_ref()?).into_iter().next();
    let present = parts.iter().filter_map(|part| {
        Some(Part {
            name: &part.name,
            value: making.scope.value_in_place(&part.value)?,
            filename: said(&part.filename),
            content_type: said(&part.content_type),
        })
    });
    let (content_type, body) = formats::multipart(&present.collect::<Vec<_>>());
    Ok((body.into(), HeaderValue::from_str(&content_type).map_err(Error::internal)?))
}

/// A text of that kind; values within one of XML are escaped.
fn text<'a>(making: &Making<'a>, kind: BodyKind, source: &'a Source) -> Option<String> {
    match (kind, source) {
        (BodyKind::Xml, Source::Text(pieces)) => Some(formats::xml_text(&spans(making, pieces))),
        (_, Source::Text(pieces)) => making.scope.text_of(pieces),
        _ => making.scope.value_in_place(source).map(|value| match &*value {
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
