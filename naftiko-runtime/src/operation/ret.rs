//! How the type that a method returns travels: its schema, how it is decoded from an upstream and encoded for a caller.

use super::BoxFuture;
use super::by_status::ErrorStatus;
use super::download::Download;
use super::raw::RawJson;
use super::returned::{Answer, Head, Nullable, Output as Outputs};
#[cfg(any(feature = "cli", feature = "document"))]
use super::{Arguments, Operations};
use crate::error::{Error, Result};
use crate::numbers;
use crate::schema::{ReturnType, Shape, StatusType};
use crate::types::{AnswerError, OutputError};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `Result<T, E>`, whatever alias it is spelt with.
#[diagnostic::on_unimplemented(
    message = "an operation returns a `Result`, not `{Self}`",
    label = "this is not a `Result`",
    note = "write `naftiko::Result<{Self}>`, or `Result<{Self}, E>` with an error of your own"
)]
pub trait Returns: Send {
    /// What it gives.
    type Ok;
    /// What it fails with.
    type Err;

    /// The result itself.
    ///
    /// # Errors
    /// If it is one.
    fn result(self) -> Result<Self::Ok, Self::Err>;

    /// The other way round.
    fn from_result(result: Result<Self::Ok, Self::Err>) -> Self;
}

impl<T: Send, E: Send> Returns for std::result::Result<T, E> {
    type Ok = T;
    type Err = E;

    fn result(self) -> Self {
        self
    }

    fn from_result(result: Self) -> Self {
        result
    }
}

/// What an adapter wants to have of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputMode {
    /// JSON text, streamed if it is not looked at.
    Json,
    /// JSON text, and the same as a value: structured content.
    Structured,
}

/// What an operation gave.
#[derive(Debug)]
pub struct Output {
    /// The result.
    pub content: Content,
    /// The status that the upstream answered the operation's own call with, if it made one.
    pub status: Option<StatusCode>,
    /// The headers that go on to the caller.
    pub headers: HeaderMap,
    /// The headers of an `http::Response`, of which those go on that the operation declares.
    pub undeclared: HeaderMap,
}

/// The result of an operation.
#[derive(Debug)]
pub enum Content {
    /// Nothing: `()`.
    Empty,
    /// JSON text.
    Json(Bytes),
    /// JSON text, and the same as a value.
    Structured {
        /// The text.
        text: String,
        /// The value.
        value: Value,
    },
    /// The upstream's JSON, unparsed.
    Raw(RawJson),
    /// A file.
    Download(Download),
}

impl From<Content> for Output {
    fn from(content: Content) -> Self {
        Self { content, status: None, headers: HeaderMap::new(), undeclared: HeaderMap::new() }
    }
}

/// How a method's `Result<T, E>` travels. Generated code holds one for each type, not for each use.
///
/// The bounds are on [`answer`] and [`output`] alone, so that one bad type is one error.
pub struct ReturnCodec<R> {
    encode: fn(R, OutputMode, &Size) -> Result<Output>,
    /// How long its answers are: the next one is written into a buffer of that size.
    size: Size,
    schema: fn(&mut SchemaGenerator) -> Schema,
    errors: &'static [ErrorStatus],
    shape: fn() -> Shape,
    /// The way in from an upstream; an orchestration has none.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client has an upstream"))]
    pub(crate) upstream: Option<FromUpstream<R>>,
}

/// How a `Result<T, E>` is made from what an upstream answered.
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client has an upstream"))]
pub(crate) struct FromUpstream<R> {
    /// From an answer; empty bytes read as `null`.
    pub(crate) decode: fn(Answered<'_>, Head) -> Result<R, serde_json::Error>,
    /// Whether the type is a string, which plain text is a value of.
    pub(crate) is_string: fn() -> bool,
    /// Whether the type has the status and the headers of the answer.
    pub(crate) has_head: fn() -> bool,
    /// From an error.
    pub(crate) error: fn(Error) -> R,
}

/// An upstream's answer, as far as it can be read without knowing the type of the result.
#[derive(Debug)]
pub enum Answered<'a> {
    /// JSON to decode; nothing at all reads as `null`.
    Json(&'a [u8]),
    /// What nobody parses, for [`RawJson`].
    Raw(RawJson),
    /// A file, for [`Download`].
    File(Download),
}

/// What a method returns, as a client relays what an upstream answered.
pub trait RelayReturn: ReturnType {
    /// Whether it is what an upstream answers, and not what a method's body makes.
    fn is_answer(&self) -> bool {
        true
    }

    /// Whether it is a string, which plain text is a value of.
    fn is_string(&self) -> bool {
        false
    }

    /// Whether it has the status and the headers of the answer.
    fn has_head(&self) -> bool {
        false
    }

    /// Decodes an upstream's answer as the method returns it, and encodes it for a caller.
    ///
    /// # Errors
    /// If the JSON does not fit the type.
    fn relay(&self, answered: Answered<'_>, head: Head, want: OutputMode) -> Result<Result<Output>, serde_json::Error>;

    /// Makes of an error what the method fails with, and of that what a caller gets to know.
    fn refuse(&self, error: Error, want: OutputMode) -> Error;
}

impl<R: 'static> ReturnType for ReturnCodec<R> {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    fn shape(&self) -> Shape {
        (self.shape)()
    }

    fn errors(&self) -> Vec<StatusType> {
        self.errors.iter().map(|error| (error.status, error.description, error.schema)).collect()
    }
}

impl<R: 'static> RelayReturn for ReturnCodec<R> {
    fn is_answer(&self) -> bool {
        self.upstream.is_some()
    }

    fn is_string(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| (upstream.is_string)())
    }

    fn has_head(&self) -> bool {
        self.upstream.as_ref().is_some_and(|upstream| (upstream.has_head)())
    }

    fn relay(&self, answered: Answered<'_>, head: Head, want: OutputMode) -> Result<Result<Output>, serde_json::Error> {
        match &self.upstream {
            Some(upstream) => Ok((self.encode)((upstream.decode)(answered, head)?, want, &self.size)),
            None => Ok(Err(Error::internal("the operation has no upstream"))),
        }
    }

    fn refuse(&self, error: Error, want: OutputMode) -> Error {
        let Some(upstream) = &self.upstream else { return error };
        match (self.encode)((upstream.error)(error), want, &self.size) {
            Err(error) => error,
            Ok(_) => Error::internal("an error was taken for a success"),
        }
    }
}

/// What a consumed operation returns: it is decoded from the upstream, and encoded for the caller. `errors` are the
/// statuses of its error.
#[must_use]
pub const fn answer<R, M>(errors: &'static [ErrorStatus]) -> ReturnCodec<R>
where
    R: Returns<Ok: Answer<M>, Err: AnswerError>,
{
    ReturnCodec {
        encode: encode::<R, M>,
        size: Size::new(),
        schema: R::Ok::__schema,
        errors,
        shape: R::Ok::__shape,
        upstream: Some(FromUpstream {
            decode: |answered, head| R::Ok::__decode(answered, head).map(|value| R::from_result(Ok(value))),
            is_string: R::Ok::__is_string,
            has_head: R::Ok::__has_head,
            error: |error| R::from_result(Err(error.into())),
        }),
    }
}

/// What an orchestration returns: it is only encoded.
#[must_use]
pub const fn output<R, M>(errors: &'static [ErrorStatus]) -> ReturnCodec<R>
where
    R: Returns<Ok: Outputs<M>, Err: OutputError>,
{
    ReturnCodec {
        encode: encode::<R, M>,
        size: Size::new(),
        schema: R::Ok::__schema,
        errors,
        shape: R::Ok::__shape,
        upstream: None,
    }
}

/// Checks that a method whose `none_on` makes `None` of some refusals returns an `Option`.
pub const fn none_on<R>()
where
    R: Returns<Ok: Nullable>,
{
}

fn encode<R: Returns<Ok: Outputs<M>, Err: Into<Error>>, M>(result: R, want: OutputMode, size: &Size) -> Result<Output> {
    R::Ok::__encode(result.result().map_err(Into::into)?, want, size)
}

/// How long the JSON of one type was, the last time that it mattered.
#[doc(hidden)]
pub struct Size(AtomicUsize);

impl Size {
    /// No more than this is set aside at once.
    const MOST: usize = 1024 * 1024;

    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(128))
    }

    /// A value as it is wanted.
    pub(super) fn content<T: Serialize>(&self, value: &T, want: OutputMode) -> Result<Content> {
        let json = self.encode(value)?;
        match want {
            OutputMode::Json => Ok(Content::Json(json.into())),
            OutputMode::Structured => Ok(Content::Structured {
                // From the text, since a `Value` cannot be made of every integer.
                value: serde_json::from_slice(&json).map_err(Error::internal)?,
                text: String::from_utf8(json).map_err(Error::internal)?,
            }),
        }
    }

    /// The JSON of a value, in a buffer that does not have to grow if the value is like the last one.
    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>> {
        let expected = self.0.load(Ordering::Relaxed);
        let mut json = Vec::with_capacity(expected);
        numbers::append(&mut json, value).map_err(Error::internal)?;
        let length = json.len().min(Self::MOST);
        if length > expected || length < expected / 2 {
            self.0.store(length, Ordering::Relaxed);
        }
        Ok(json)
    }
}

pub(super) fn decode<T: Outputs + DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    if json.trim_ascii().is_empty() {
        return serde_json::from_slice(b"null");
    }
    serde_json::from_slice(json).or_else(|why| {
        // Some write integers with a point or an exponent.
        let tidied = crate::schema::with_integers_of(T::__schema, json);
        tidied.and_then(|json| serde_json::from_slice(&json).ok()).ok_or(why)
    })
}

/// Turns a method's future into an output. What every generated arm calls.
///
/// # Errors
/// Never here: the future has them. The signature is what lets an arm use `?` on its arguments.
pub fn run<'a, R: 'a>(
    want: OutputMode,
    ret: &'static ReturnCodec<R>,
    future: impl Future<Output = R> + Send + 'a,
) -> Result<BoxFuture<'a, Result<Output>>> {
    Ok(Box::pin(async move { (ret.encode)(future.await, want, &ret.size) }))
}

/// No operation has that number. What the last arm of every generated dispatch calls.
///
/// # Errors
/// Always.
pub fn no_operation<'a>(index: usize) -> Result<BoxFuture<'a, Result<Output>>> {
    Err(Error::internal(format!("there is no operation {index}")))
}

/// What stands behind a capability that is described and not called.
#[cfg(any(feature = "cli", feature = "document"))]
pub(crate) struct NotCallable;

#[cfg(any(feature = "cli", feature = "document"))]
impl Operations for NotCallable {
    fn call<'a>(&'a self, number: usize, _: OutputMode, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        no_operation(number)
    }
}
