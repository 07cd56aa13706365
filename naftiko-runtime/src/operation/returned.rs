//! The types that a method can return: values as JSON, files, and streams of items, each optionally with a status and headers.

use super::answered::{Answered, Head};
use super::block::{ContentBlock, PromptMessage};
use super::cast::cast;
use super::download::Download;
use super::outcome::{Content, LengthHint, Output as Outcome};
use super::raw::RawJson;
use super::stream::{Items, Stream};
use crate::error::{Error, Result};
use crate::schema::{Declared, Shape};
use bytes::Bytes;
use http::Response;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;

/// A marker for types that are sent as JSON.
pub struct AsJson;

/// A marker for files.
pub struct AsFile;

/// A marker for streams of items.
pub struct AsStream;

/// A marker for types with a status and headers.
pub struct WithHead<M>(M);

/// The return type of an orchestration.
///
/// Implemented for every type that derives `serde::Serialize` and `schemars::JsonSchema`, for [`Download`] and `bytes::Bytes` and
/// an `Option` of them, for [`Stream`], and for `http::Response` of each of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an operation",
    label = "this type cannot be sent to callers",
    note = "derive what callers need: `#[derive(serde::Serialize, schemars::JsonSchema)]`",
    note = "for a type of another crate, define a wrapper type that derives them"
)]
pub trait Output<M = AsJson>: Sized + Send + 'static {
    #[doc(hidden)]
    fn __shape() -> Shape;

    #[doc(hidden)]
    fn __schema(generator: &mut SchemaGenerator) -> Schema;

    #[doc(hidden)]
    fn __encode(this: Self, size: &LengthHint) -> Result<Outcome>;
}

/// The return type of a consumed operation: it is decoded from the upstream's answer and encoded for callers.
///
/// Implemented for every type that derives `serde::Serialize`, `serde::Deserialize` and `schemars::JsonSchema`, for [`Download`]
/// and `bytes::Bytes` and an `Option` of them, for [`Stream`], and for `http::Response` of each of these.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be decoded from an answer and sent to callers",
    label = "answers are decoded into this type and sent to callers",
    note = "derive what decoding and sending need, for a `Stream` on the type of its items: `#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]`",
    note = "if that type is of another crate, define a wrapper type that derives them"
)]
pub trait Answer<M = AsJson>: Output<M> {
    #[doc(hidden)]
    fn __decode(answered: Answered<'_>, head: Head) -> Result<Self, serde_json::Error>;

    /// Returns the facts about its members that the schema does not show.
    #[doc(hidden)]
    #[must_use]
    fn __declared() -> Declared {
        Declared::default()
    }

    #[doc(hidden)]
    #[must_use]
    fn __is_string() -> bool {
        false
    }

    #[doc(hidden)]
    #[must_use]
    fn __has_head() -> bool {
        false
    }

    /// Returns whether a file is read to its end before it is decoded.
    #[doc(hidden)]
    #[must_use]
    fn __is_buffered() -> bool {
        false
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> Output for T {
    fn __shape() -> Shape {
        match TypeId::of::<T>() {
            id if id == TypeId::of::<()>() => Shape::Unit,
            id if id == TypeId::of::<RawJson>() => Shape::Raw,
            id if is_one_or_many::<ContentBlock>(id) => Shape::Blocks,
            id if is_one_or_many::<PromptMessage>(id) => Shape::Messages,
            _ => Shape::Value,
        }
    }

    fn __schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn __encode(this: Self, size: &LengthHint) -> Result<Outcome> {
        let content = match Self::__shape() {
            Shape::Unit => Content::Empty,
            Shape::Raw => cast::<T, RawJson>(this).map_or(Content::Empty, RawJson::into_content),
            _ => size.content(&this)?,
        };
        Ok(content.into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Answer for T {
    fn __decode(answered: Answered<'_>, _: Head) -> Result<Self, serde_json::Error> {
        match answered {
            Answered::Json(json) => decode(json),
            Answered::Raw(raw) => cast(raw).ok_or_else(|| mismatch("an unparsed answer")),
            Answered::File(_) => Err(mismatch("a file")),
            Answered::Items(_) => Err(mismatch("a stream of items")),
        }
    }

    fn __declared() -> Declared {
        super::declared::declared::<T>()
    }

    fn __is_string() -> bool {
        [TypeId::of::<String>(), TypeId::of::<Option<String>>()].contains(&TypeId::of::<T>())
    }
}

#[diagnostic::do_not_recommend]
impl Output<AsFile> for Download {
    fn __shape() -> Shape {
        Shape::File
    }

    fn __schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn __encode(this: Self, _: &LengthHint) -> Result<Outcome> {
        Ok(Content::Download(Box::new(this)).into())
    }
}

#[diagnostic::do_not_recommend]
impl Answer<AsFile> for Download {
    fn __decode(answered: Answered<'_>, _: Head) -> Result<Self, serde_json::Error> {
        match answered {
            Answered::File(file) => Ok(*file),
            Answered::Raw(raw) => Ok(Self::of("application/json", None, raw)),
            Answered::Json(json) => Ok(Self::new("application/json", Bytes::copy_from_slice(json))),
            Answered::Items(_) => Err(mismatch("a stream of items")),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Output<AsFile> for Option<Download> {
    fn __shape() -> Shape {
        Shape::File
    }

    fn __schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn __encode(this: Self, size: &LengthHint) -> Result<Outcome> {
        this.map_or_else(|| Ok(size.content(&())?.into()), |file| Download::__encode(file, size))
    }
}

#[diagnostic::do_not_recommend]
impl Answer<AsFile> for Option<Download> {
    fn __decode(answered: Answered<'_>, head: Head) -> Result<Self, serde_json::Error> {
        match answered {
            Answered::Json(b"null") => Ok(None),
            answered => Download::__decode(answered, head).map(Some),
        }
    }
}

#[diagnostic::do_not_recommend]
impl Output<AsFile> for Bytes {
    fn __shape() -> Shape {
        Shape::File
    }

    fn __schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn __encode(this: Self, _: &LengthHint) -> Result<Outcome> {
        Ok(Content::Download(Box::new(Download::new("application/octet-stream", this))).into())
    }
}

#[diagnostic::do_not_recommend]
impl Answer<AsFile> for Bytes {
    fn __decode(answered: Answered<'_>, head: Head) -> Result<Self, serde_json::Error> {
        let file = Download::__decode(answered, head)?;
        file.into_body().into_body().map_err(|_| mismatch("a file that is still arriving"))
    }

    fn __is_buffered() -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl Output<AsFile> for Option<Bytes> {
    fn __shape() -> Shape {
        Shape::File
    }

    fn __schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }

    fn __encode(this: Self, size: &LengthHint) -> Result<Outcome> {
        this.map_or_else(|| Ok(size.content(&())?.into()), |bytes| Bytes::__encode(bytes, size))
    }
}

#[diagnostic::do_not_recommend]
impl Answer<AsFile> for Option<Bytes> {
    fn __decode(answered: Answered<'_>, head: Head) -> Result<Self, serde_json::Error> {
        match answered {
            Answered::Json(b"null") => Ok(None),
            answered => Bytes::__decode(answered, head).map(Some),
        }
    }

    fn __is_buffered() -> bool {
        true
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> Output<AsStream> for Stream<T> {
    fn __shape() -> Shape {
        Shape::Stream
    }

    /// Returns the schema of an array of items, for callers that get all items at once.
    fn __schema(generator: &mut SchemaGenerator) -> Schema {
        let items = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": items })
    }

    fn __encode(this: Self, _: &LengthHint) -> Result<Outcome> {
        Ok(Content::Items(Items::encoded(this)).into())
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Answer<AsStream> for Stream<T> {
    fn __decode(answered: Answered<'_>, _: Head) -> Result<Self, serde_json::Error> {
        match answered {
            Answered::Items(items) => Ok(items.decoded(decode)),
            Answered::Json(json) => decode::<Vec<T>>(json).map(Self::from),
            Answered::Raw(_) => Err(mismatch("an unparsed answer")),
            Answered::File(_) => Err(mismatch("a file")),
        }
    }

    fn __declared() -> Declared {
        super::declared::declared::<T>()
    }
}

#[diagnostic::do_not_recommend]
impl<M: 'static, T: Output<M>> Output<WithHead<M>> for Response<T> {
    fn __shape() -> Shape {
        T::__shape()
    }

    fn __schema(generator: &mut SchemaGenerator) -> Schema {
        T::__schema(generator)
    }

    fn __encode(this: Self, size: &LengthHint) -> Result<Outcome> {
        let (parts, body) = this.into_parts();
        let mut outcome = T::__encode(body, size)?;
        // With `none_on`, `None` comes with the API's error status, which is not passed on.
        if parts.status.is_success() {
            outcome.status = Some(parts.status);
        } else if !outcome.content.is_null() || T::__shape() == Shape::Unit {
            let message = format!("a response with the status {} is not a success: return an error", parts.status);
            return Err(Error::internal(message));
        }
        outcome.unfiltered = Some(Box::new(parts.headers));
        Ok(outcome)
    }
}

#[diagnostic::do_not_recommend]
impl<M: 'static, T: Answer<M>> Answer<WithHead<M>> for Response<T> {
    fn __decode(answered: Answered<'_>, head: Head) -> Result<Self, serde_json::Error> {
        let Head { status, headers } = head.clone();
        let mut response = Self::new(T::__decode(answered, head)?);
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }

    fn __declared() -> Declared {
        T::__declared()
    }

    fn __is_string() -> bool {
        T::__is_string()
    }

    fn __has_head() -> bool {
        true
    }

    fn __is_buffered() -> bool {
        T::__is_buffered()
    }
}

/// The return type of a method whose `none_on` turns some error statuses into `None`.
#[diagnostic::on_unimplemented(
    message = "`none_on` turns an error status into `None`, but `{Self}` is not an `Option`",
    label = "expected an `Option`",
    note = "return `Result<Option<T>>`, or remove `none_on` to get the status as an error"
)]
pub trait Nullable {}

#[diagnostic::do_not_recommend]
impl<T> Nullable for Option<T> {}

#[diagnostic::do_not_recommend]
impl<T: Nullable> Nullable for Response<T> {}

/// The return type of a method without a verb whose `response_headers` are passed on.
#[diagnostic::on_unimplemented(
    message = "`response_headers` passes on headers of an `http::Response`, but `{Self}` has none",
    label = "expected an `http::Response`",
    note = "return `Result<http::Response<T>>`, or remove `response_headers`"
)]
pub trait Headed {}

#[diagnostic::do_not_recommend]
impl<T> Headed for Response<T> {}

/// A marker of return types from which `#[output]` can select a part.
#[diagnostic::on_unimplemented(
    message = "`#[output]` selects a part of a JSON value, but the method returns a file",
    label = "expected a type that is decoded from JSON",
    note = "remove `#[output]`, or return a type for the part"
)]
pub trait Picked {}

#[diagnostic::do_not_recommend]
impl Picked for AsJson {}

/// `#[output]` selects a part of each item of a stream.
#[diagnostic::do_not_recommend]
impl Picked for AsStream {}

#[diagnostic::do_not_recommend]
impl<M: Picked> Picked for WithHead<M> {}

/// The return type of a method whose answers are `binary`.
#[diagnostic::on_unimplemented(
    message = "`format = \"binary\"` is for files, but `{Self}` is not one",
    label = "expected a file",
    note = "return `Result<naftiko::Download>` or `Result<bytes::Bytes>`, or remove `format`"
)]
pub trait Binary {}

#[diagnostic::do_not_recommend]
impl Binary for Download {}

#[diagnostic::do_not_recommend]
impl Binary for Bytes {}

#[diagnostic::do_not_recommend]
impl<T: Binary> Binary for Option<T> {}

#[diagnostic::do_not_recommend]
impl<T: Binary> Binary for Response<T> {}

/// A marker of return types that can be a page of a list, or be kept by a cache.
#[diagnostic::on_unimplemented(
    message = "this method returns a stream, which has no pages and cannot be cached",
    label = "this has no effect on a stream",
    note = "remove it; for a list in pages, return `Result<Vec<T>>` instead of a stream"
)]
pub trait Complete {}

#[diagnostic::do_not_recommend]
impl Complete for AsJson {}

#[diagnostic::do_not_recommend]
impl Complete for AsFile {}

#[diagnostic::do_not_recommend]
impl<M: Complete> Complete for WithHead<M> {}

/// A marker of return types whose answers can contain the next page: all except files.
#[diagnostic::on_unimplemented(
    message = "the next page is found in JSON, but the answer of this method is a file",
    label = "the next page of this answer is never found",
    note = "write `#[page(link = \"header\")]` if the API sends the header `Link`, or remove `#[page]`"
)]
pub trait ReadsNextPage {}

#[diagnostic::do_not_recommend]
impl ReadsNextPage for AsJson {}

/// A stream has no pages at all, which [`Complete`] reports.
#[diagnostic::do_not_recommend]
impl ReadsNextPage for AsStream {}

#[diagnostic::do_not_recommend]
impl<M: ReadsNextPage> ReadsNextPage for WithHead<M> {}

/// The return type of a method whose answers are a `stream`.
#[diagnostic::on_unimplemented(
    message = "`format = \"stream\"` is for streams of items, but `{Self}` is not one",
    label = "expected a stream",
    note = "return `Result<naftiko::Stream<T>>`, or remove `format`"
)]
pub trait ItemStream {}

#[diagnostic::do_not_recommend]
impl<T> ItemStream for Stream<T> {}

#[diagnostic::do_not_recommend]
impl<T: ItemStream> ItemStream for Response<T> {}

/// The return type of a prompt whose template provides the text.
#[diagnostic::on_unimplemented(
    message = "a prompt with a template must return `Result<String>`, not `{Self}`",
    label = "expected `Result<String>`",
    note = "write `naftiko::Result<String>`, or remove `template` and write the method's body"
)]
pub trait Templated {
    /// Creates the result from the text of the template.
    fn of_text(text: String) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E> Templated for std::result::Result<String, E> {
    fn of_text(text: String) -> Self {
        Ok(text)
    }
}

/// Decodes JSON; empty text is null.
pub(super) fn decode<T: Output + DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    if json.trim_ascii().is_empty() {
        return serde_json::from_slice(b"null");
    }
    serde_json::from_slice(json).or_else(|why| {
        // Some APIs write integers with a point or an exponent.
        let tidied = crate::schema::with_integers_of(T::__schema, json);
        tidied.and_then(|json| serde_json::from_slice(&json).ok()).ok_or(why)
    })
}

fn mismatch(what: &str) -> serde_json::Error {
    serde::de::Error::custom(format_args!("{what} cannot be decoded as the return type"))
}

/// Returns whether a type is `T`, `Vec<T>` or an `Option` of them.
fn is_one_or_many<T: 'static>(id: TypeId) -> bool {
    let types = [TypeId::of::<T>(), TypeId::of::<Vec<T>>(), TypeId::of::<Option<T>>(), TypeId::of::<Option<Vec<T>>>()];
    types.contains(&id)
}
