//! Builds request bodies of every supported kind.

use super::outgoing::Outgoing;
use super::source::{ReadyPiece, ReadySource, Scope};
use crate::error::{Error, Result};
use crate::formats::{self, FormPart, Span};
use crate::numbers;
use crate::schema::kind_of;
use crate::upload::BodyPiece;
use bytes::Bytes;
use http::HeaderValue;
use naftiko_spec::model::{BodyKind, Style};
use serde_json::Value;
use std::borrow::Cow;

const FORM: HeaderValue = HeaderValue::from_static(BodyKind::FormUrlEncoded.media_type());
const JSON: HeaderValue = HeaderValue::from_static(BodyKind::Json.media_type());

/// A request body, prepared when the client is built.
pub(crate) enum ReadyBody {
    Json(ReadySource),
    JsonText(Vec<ReadyPiece>),
    Form(Vec<(String, ReadySource)>),
    FormObject(Style, ReadySource),
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
    /// Returns the body and its media type; `None` if there is nothing to send.
    ///
    /// # Errors
    /// Returns an error if a value cannot be encoded.
    pub(crate) fn build<'a>(
        &'a self,
        scope: &Scope<'a>,
        refused: &dyn Fn(&ReadySource, &str) -> Error,
    ) -> Result<Option<(Outgoing, HeaderValue)>> {
        let whole = |text: String, media_type| Some((Outgoing::Whole(text.into()), media_type));
        Ok(match self {
            Self::Json(source) => json(scope, source)?.map(|bytes| (bytes.into(), JSON)),
            Self::JsonText(pieces) => whole(formats::json_text(&spans(scope, pieces)), JSON),
            Self::Form(fields) => {
                let fields = fields
                    .iter()
                    .filter_map(|(name, source)| Some((name.clone(), scope.non_null_value(source)?.into_owned())));
                let form = formats::form(&fields.collect::<Vec<_>>());
                if form.is_empty() { None } else { whole(form, FORM) }
            }
            Self::FormObject(list_style, source) => match scope.non_null_value(source).as_deref() {
                None => None,
                Some(Value::Object(members)) => {
                    let form = formats::form_object(members, *list_style);
                    whole(form.map_err(|why| refused(source, &why))?, FORM)
                }
                Some(other) => {
                    let found = kind_of(other);
                    let why = format!("expected an object with a member for each form field, found {found}");
                    return Err(refused(source, &why));
                }
            },
            Self::FormText(pieces) => whole(formats::form_text(&spans(scope, pieces)), FORM),
            Self::Multipart(parts) => Some(multipart(scope, parts)?),
            Self::Text(kind, source) => {
                let media_type = HeaderValue::from_static(kind.media_type());
                match scope.file(source) {
                    Some(file) => {
                        let own = file.content_type().and_then(|own| HeaderValue::from_str(own).ok());
                        Some((Outgoing::of(vec![BodyPiece::File(file.clone())])?, own.unwrap_or(media_type)))
                    }
                    None => text(scope, *kind, source).and_then(|text| whole(text, media_type)),
                }
            }
        })
    }
}

/// Encodes a value as JSON. An argument that is already JSON is sent unchanged, which keeps its numbers exact.
fn json<'a>(scope: &Scope<'a>, source: &'a ReadySource) -> Result<Option<Bytes>> {
    if let Some(json) = scope.json(source) {
        return Ok(Some(json.clone()));
    }
    let value = json_value(scope, source);
    value.map(|value| numbers::json(&value).map(Bytes::from).map_err(Error::internal)).transpose()
}

/// Returns the value of a source in JSON. Absent elements at the end of a list are left out. Other absent elements become null, so that
/// the elements after them keep their positions.
fn json_value<'a>(scope: &Scope<'a>, source: &'a ReadySource) -> Option<Cow<'a, Value>> {
    match source {
        ReadySource::Default(first, second) => json_value(scope, first).or_else(|| json_value(scope, second)),
        ReadySource::Object(members) => {
            let members = members
                .iter()
                .filter_map(|(name, source)| Some((name.clone(), json_value(scope, source)?.into_owned())));
            Some(Cow::Owned(Value::Object(members.collect())))
        }
        ReadySource::List(elements) => {
            let mut list: Vec<Option<Value>> =
                elements.iter().map(|source| json_value(scope, source).map(Cow::into_owned)).collect();
            list.truncate(list.iter().rposition(Option::is_some).map_or(0, |last| last + 1));
            Some(Cow::Owned(list.into_iter().map(Option::unwrap_or_default).collect()))
        }
        other => scope.value(other),
    }
}

/// Returns the pieces of a text template with their values.
fn spans<'a>(scope: &Scope<'a>, pieces: &'a [ReadyPiece]) -> Vec<Span<'a>> {
    let span = |piece: &'a ReadyPiece| match piece {
        ReadyPiece::Literal(literal) => Span::Literal(literal),
        ReadyPiece::Value(source) => Span::Value(scope.value(source)),
    };
    pieces.iter().map(span).collect()
}

fn multipart<'a>(scope: &Scope<'a>, parts: &'a [ReadyPart]) -> Result<(Outgoing, HeaderValue)> {
    let first_text = |source: &'a Option<ReadySource>| {
        let mut first = None;
        let _ = scope.each_text(source.as_ref()?, |text| -> Result<(), ()> {
            first = Some(text.to_owned());
            Err(())
        });
        first.map(Into::into)
    };
    let present = parts.iter().filter_map(|part| {
        let file = scope.file(&part.value);
        let value = if file.is_some() { Cow::Owned(Value::Null) } else { scope.non_null_value(&part.value)? };
        // Most servers treat a part as a file only if it has a file name (RFC 7578, section 4.2).
        let filename = || Some(Cow::Borrowed(file?.filename().unwrap_or(&part.name)));
        let filename = first_text(&part.filename).or_else(filename);
        let content_type = || Some(Cow::Borrowed(file?.content_type().unwrap_or(BodyKind::Binary.media_type())));
        let content_type = first_text(&part.content_type).or_else(content_type);
        Some(FormPart { name: &part.name, value, file: file.cloned(), filename, content_type })
    });
    let (content_type, body) = formats::multipart(&present.collect::<Vec<_>>());
    Ok((Outgoing::of(body)?, HeaderValue::from_str(&content_type).map_err(Error::internal)?))
}

/// Builds a text body of this kind; values in XML are escaped.
fn text<'a>(scope: &Scope<'a>, kind: BodyKind, source: &'a ReadySource) -> Option<String> {
    match (kind, source) {
        (BodyKind::Xml, ReadySource::Text(pieces)) => Some(formats::xml_text(&spans(scope, pieces))),
        (_, ReadySource::Text(pieces)) => scope.text_of(pieces),
        _ => scope.non_null_value(source).map(|value| match &*value {
            Value::String(text) => text.clone(),
            other => numbers::text(other),
        }),
    }
}
