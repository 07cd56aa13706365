//! How the type of an argument travels: its schema, how it is decoded from a caller and encoded for an upstream.

use super::arguments::{decode, decode_many};
use super::clearable::clearable;
use super::text;
use crate::error::{Error, Result};
use crate::numbers;
use crate::schema::{Clearable, Given, InputType};
use crate::types::{Argument, Input, Scalar};
use bytes::Bytes;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use std::borrow::Cow;

/// How an argument of type `T` travels. Generated code holds one for each type, not for each use.
///
/// The bounds are on [`scalar`], [`body`] and [`input`] alone, so that one bad type is one error.
pub struct In<T: 'static> {
    pub(super) decode: fn(&Given) -> Result<T, String>,
    pub(super) decode_many: fn(&Given) -> Result<Vec<T>, String>,
    encode: fn(&T) -> Result<String, String>,
    json: fn(&T) -> Result<Vec<u8>, String>,
    json_many: fn(&[T]) -> Result<Vec<u8>, String>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    clearable: fn() -> Vec<Clearable>,
}

impl<T: 'static> InputType for In<T> {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    fn clearable(&self) -> Vec<Clearable> {
        (self.clearable)()
    }
}

/// `&str` and `Option<&str>` need no decoding, only a schema.
pub static STR: In<String> = scalar();

/// An argument that travels as text: in a path, a query, a header or a cookie.
///
/// This and its neighbours are functions of their own, not of [`In`], so that a type that does not fit is told in the words
/// of the trait that it lacks.
#[must_use]
pub const fn scalar<T: Scalar + 'static>() -> In<T> {
    In {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: text::encode::<T>,
        json: to_json::<T>,
        json_many: to_json::<[T]>,
        schema: schema::<T>,
        clearable: clearable::<T>,
    }
}

/// An argument that travels as a JSON body.
#[must_use]
pub const fn body<T: Argument + 'static>() -> In<T> {
    In {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: text::encode::<T>,
        json: to_json::<T>,
        json_many: to_json::<[T]>,
        schema: schema::<T>,
        clearable: clearable::<T>,
    }
}

/// An argument of an orchestration, which never goes out.
#[must_use]
pub const fn input<T: Input + 'static>() -> In<T> {
    In {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: |_| Err("this argument is an orchestration's; it is not sent".to_owned()),
        json: |_| Err("this argument is an orchestration's; it is not sent".to_owned()),
        json_many: |_| Err("this argument is an orchestration's; it is not sent".to_owned()),
        schema: schema::<T>,
        clearable: clearable::<T>,
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    numbers::json(value).map_err(|error| error.to_string())
}

/// One argument on its way to the upstream. It is encoded before the call's future is made, so that the future borrows nothing.
pub enum Sent<'a> {
    /// An optional argument that was not given.
    Absent,
    /// One text.
    Text(Cow<'a, str>),
    /// Several texts.
    Texts(Vec<String>),
    /// A JSON body.
    Json(Bytes),
    /// It cannot be encoded.
    Failed(Error),
}

impl<'a> Sent<'a> {
    /// A `&str`.
    #[must_use]
    pub fn str(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }

    /// An `Option<&str>`.
    #[must_use]
    pub fn opt_str(value: Option<&'a str>) -> Self {
        value.map_or(Self::Absent, Self::str)
    }

    /// A `&str` that is a JSON body.
    #[must_use]
    pub fn json_str(value: &str) -> Self {
        to_json(value).map_or_else(failed, |json| Sent::Json(json.into()))
    }

    /// An `Option<&str>` that is a JSON body.
    #[must_use]
    pub fn opt_json_str(value: Option<&str>) -> Self {
        value.map_or(Self::Absent, Self::json_str)
    }
}

/// As a caller would give it.
#[cfg(feature = "client")]
impl TryFrom<&Sent<'_>> for Given {
    type Error = Error;

    fn try_from(sent: &Sent<'_>) -> Result<Self> {
        Ok(match sent {
            Sent::Absent => Self::Absent,
            Sent::Text(text) => Self::Text(text.clone().into_owned()),
            Sent::Texts(texts) => Self::Texts(texts.clone()),
            Sent::Json(json) => Self::Json(json.clone()),
            Sent::Failed(error) => return Err(Error::argument("", error.to_string())),
        })
    }
}

impl<T: 'static> In<T> {
    /// Encodes one text.
    pub fn text(&self, value: &T) -> Sent<'static> {
        (self.encode)(value).map_or_else(failed, |text| Sent::Text(Cow::Owned(text)))
    }

    /// Encodes one text, or none.
    pub fn opt_text(&self, value: Option<&T>) -> Sent<'static> {
        value.map_or(Sent::Absent, |value| self.text(value))
    }

    /// Encodes several texts.
    pub fn texts(&self, values: &[T]) -> Sent<'static> {
        values.iter().map(self.encode).collect::<Result<_, _>>().map_or_else(failed, Sent::Texts)
    }

    /// Encodes several texts, or none.
    pub fn opt_texts(&self, values: Option<&[T]>) -> Sent<'static> {
        values.map_or(Sent::Absent, |values| self.texts(values))
    }

    /// Encodes a JSON body.
    pub fn json(&self, value: &T) -> Sent<'static> {
        (self.json)(value).map_or_else(failed, |json| Sent::Json(json.into()))
    }

    /// Encodes a JSON body, or none.
    pub fn opt_json(&self, value: Option<&T>) -> Sent<'static> {
        value.map_or(Sent::Absent, |value| self.json(value))
    }

    /// Encodes a JSON array.
    pub fn json_many(&self, values: &[T]) -> Sent<'static> {
        (self.json_many)(values).map_or_else(failed, |json| Sent::Json(json.into()))
    }

    /// Encodes a JSON array, or nothing.
    pub fn opt_json_many(&self, values: Option<&[T]>) -> Sent<'static> {
        values.map_or(Sent::Absent, |values| self.json_many(values))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the shape that map_or_else wants")]
fn failed(why: String) -> Sent<'static> {
    Sent::Failed(Error::argument("", format!("it cannot be encoded: {why}")))
}
