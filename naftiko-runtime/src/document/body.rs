//! The body of a request, in every way in which a document can say it.

use super::multipart;
use super::request::Making;
use super::scope::to_text;
use crate::consume::request::push_text;
use crate::error::{Error, Result};
use bytes::Bytes;
use http::HeaderValue;
use naftiko_spec::lower::{Body, Piece, Source};
use naftiko_spec::model::BodyKind;
use serde_json::Value;
use std::borrow::Cow;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The bytes of a body and what they are; none if there is nothing to send.
pub(super) fn make<'a>(making: &Making<'a>, body: &'a Body) -> Result<Option<(Bytes, HeaderValue)>> {
    let scope = &making.scope;
    Ok(match body {
        Body::Json(source) => json(making, source)?.map(|bytes| (bytes, JSON)),
        Body::JsonText(pieces) => Some((json_text(making, pieces).into(), JSON)),
        Body::Form(fields) => {
            let mut form = String::new();
            for (name, source) in fields {
                for text in scope.texts(source) {
                    if !form.is_empty() {
                        form.push('&');
                    }
                    push_text(&mut form, name, false);
                    form.push('=');
                    push_text(&mut form, &text, scope.shown);
                }
            }
            (!form.is_empty()).then(|| (form.into(), FORM))
        }
        Body::FormText(pieces) => {
            let text = filled(making, pieces, |form, value| push_text(form, &to_text(value), scope.shown));
            Some((text.into(), FORM))
        }
        Body::Multipart(parts) => Some(multipart::make(making, parts)?),
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
    value.map(|value| serde_json::to_vec(&value).map(Bytes::from).map_err(Error::internal)).transpose()
}

/// A text with its values; what is absent is left out.
fn filled<'a>(making: &Making<'a>, pieces: &'a [Piece], mut push: impl FnMut(&mut String, &Value)) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Value(source) => {
                if let Some(value) = making.scope.value(source) {
                    push(&mut text, &value);
                }
            }
        }
    }
    text
}

/// A JSON text with values in it: as JSON where they stand alone, as part of a string where they stand in one.
fn json_text<'a>(making: &Making<'a>, pieces: &'a [Piece]) -> String {
    let mut text = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => {
                text.push_str(literal);
                for c in literal.chars() {
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if quoted => escaped = true,
                        '"' => quoted = !quoted,
                        _ => {}
                    }
                }
            }
            Piece::Value(source) => {
                let value = making.scope.value(source).unwrap_or(Cow::Owned(Value::Null));
                if quoted {
                    let string = Value::from(to_text(&value)).to_string();
                    text.push_str(string.get(1..string.len() - 1).unwrap_or_default());
                } else {
                    text.push_str(&value.to_string());
                }
            }
        }
    }
    text
}

/// A text of that kind; values within one of XML are escaped.
fn text<'a>(making: &Making<'a>, kind: BodyKind, source: &'a Source) -> Option<String> {
    match (kind, source) {
        (BodyKind::Xml, Source::Text(pieces)) => {
            Some(filled(making, pieces, |text, value| escape(text, &to_text(value))))
        }
        _ => making.scope.value_in_place(source).map(|value| to_text(&value).into_owned()),
    }
}

/// Appends a text so that it is no markup, neither between tags nor within quotes. What XML has no way to say
/// (XML 1.0, section 2.2) is left out.
fn escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\t' | '\n' | '\r' => xml.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => xml.push(c),
        }
    }
}

fn media_type(kind: BodyKind) -> HeaderValue {
    match kind {
        BodyKind::Json => JSON,
        BodyKind::Text => HeaderValue::from_static("text/plain; charset=utf-8"),
        BodyKind::Xml => HeaderValue::from_static("application/xml"),
        BodyKind::Sparql => HeaderValue::from_static("application/sparql-query"),
        BodyKind::FormUrlEncoded => FORM,
        BodyKind::MultipartForm => HeaderValue::from_static("multipart/form-data"),
    }
}
