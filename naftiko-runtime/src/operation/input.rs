//! The codec of an argument: its schema, decoding from a caller and encoding for an upstream.

use super::declared::declared;
use super::decode::{decode, decode_file, decode_many};
use super::text;
use crate::error::Result;
use crate::numbers;
use crate::schema::{Declared, InputType, OwnedArgument};
use crate::types::{Argument, File, Input, Scalar};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use std::borrow::Cow;

/// The codec of an argument of type `T`. Generated code contains one for each type, not for each use.
///
/// Only [`scalar`], [`upload`], [`body`] and [`input`] have trait bounds, so that one invalid type causes one compiler error.
pub struct ArgumentCodec<T: 'static> {
    pub(super) decode: fn(&OwnedArgument) -> Result<T, String>,
    pub(super) decode_many: fn(&OwnedArgument) -> Result<Vec<T>, String>,
    encode: fn(&T) -> Result<String, String>,
    json: fn(&T) -> Result<Vec<u8>, String>,
    json_many: fn(&[T]) -> Result<Vec<u8>, String>,
    schema: fn(&mut SchemaGenerator) -> Schema,
    declared: fn() -> Declared,
}

impl<T: 'static> InputType for ArgumentCodec<T> {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    fn declared(&self) -> Declared {
        (self.declared)()
    }
}

/// The codec of `&str` and `Option<&str>`, for their schema, and for clients that relay them. Methods read these arguments without it.
pub static STR: ArgumentCodec<String> = scalar();

/// Returns the codec of an argument that is sent as text: in a path, a query, a header or a cookie.
///
/// This function and the next ones are not methods of [`ArgumentCodec`], so that the compiler error for an unsuitable
/// type names the trait that is missing.
#[must_use]
pub const fn scalar<T: Scalar + 'static>() -> ArgumentCodec<T> {
    ArgumentCodec {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: text::encode::<T>,
        json: to_json::<T>,
        json_many: to_json::<[T]>,
        schema: schema::<T>,
        declared: declared::<T>,
    }
}

/// Returns the codec of a file.
#[must_use]
pub const fn upload<T: File + 'static>() -> ArgumentCodec<T> {
    ArgumentCodec {
        decode: decode_file::<T>,
        decode_many: |_| Err("a file is not a list".to_owned()),
        encode: |_| Err("a file is not a string".to_owned()),
        json: |_| Err("a file is not JSON".to_owned()),
        json_many: |_| Err("a file is not JSON".to_owned()),
        schema: schema::<T>,
        declared: Declared::default,
    }
}

/// Returns the codec of an argument that is sent as a JSON body.
#[must_use]
pub const fn body<T: Argument + 'static>() -> ArgumentCodec<T> {
    ArgumentCodec {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: text::encode::<T>,
        json: to_json::<T>,
        json_many: to_json::<[T]>,
        schema: schema::<T>,
        declared: declared::<T>,
    }
}

/// Returns the codec of an orchestration's argument, which is never sent.
#[must_use]
pub const fn input<T: Input + 'static>() -> ArgumentCodec<T> {
    ArgumentCodec {
        decode: decode::<T>,
        decode_many: decode_many::<T>,
        encode: |_| Err("an argument of an orchestration is not sent".to_owned()),
        json: |_| Err("an argument of an orchestration is not sent".to_owned()),
        json_many: |_| Err("an argument of an orchestration is not sent".to_owned()),
        schema: schema::<T>,
        declared: declared::<T>,
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, String> {
    numbers::json(value).map_err(|error| error.to_string())
}

impl<T: 'static> ArgumentCodec<T> {
    /// Encodes a value as a string.
    pub fn text(&self, value: &T) -> OwnedArgument {
        (self.encode)(value).map_or_else(OwnedArgument::Failed, |text| OwnedArgument::Text(Cow::Owned(text)))
    }

    /// Encodes an optional value as a string.
    pub fn opt_text(&self, value: Option<&T>) -> OwnedArgument {
        value.map_or(OwnedArgument::Absent, |value| self.text(value))
    }

    /// Encodes several values as strings.
    pub fn texts(&self, values: &[T]) -> OwnedArgument {
        values
            .iter()
            .map(self.encode)
            .collect::<Result<_, _>>()
            .map_or_else(OwnedArgument::Failed, OwnedArgument::Texts)
    }

    /// Encodes an optional list of values as strings.
    pub fn opt_texts(&self, values: Option<&[T]>) -> OwnedArgument {
        values.map_or(OwnedArgument::Absent, |values| self.texts(values))
    }

    /// Encodes a JSON body.
    pub fn json(&self, value: &T) -> OwnedArgument {
        (self.json)(value).map_or_else(OwnedArgument::Failed, |json| OwnedArgument::Json(json.into()))
    }

    /// Encodes an optional JSON body.
    pub fn opt_json(&self, value: Option<&T>) -> OwnedArgument {
        value.map_or(OwnedArgument::Absent, |value| self.json(value))
    }

    /// Encodes a JSON array.
    pub fn json_many(&self, values: &[T]) -> OwnedArgument {
        (self.json_many)(values).map_or_else(OwnedArgument::Failed, |json| OwnedArgument::Json(json.into()))
    }

    /// Encodes an optional JSON array.
    pub fn opt_json_many(&self, values: Option<&[T]>) -> OwnedArgument {
        values.map_or(OwnedArgument::Absent, |values| self.json_many(values))
    }
}
