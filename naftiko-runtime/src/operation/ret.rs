//! The codec of a method's return type: its schema, decoding from an upstream and encoding for a caller.

use super::BoxFuture;
use super::answered::{Answered, Head};
use super::by_status::ErrorStatus;
use super::outcome::{Content, LengthHint, Output};
use super::returned::{
    Answer, Binary, Complete, Headed, ItemStream, Nullable, Output as Outputs, Picked, ReadsNextPage,
};
#[cfg(any(feature = "cli", feature = "document"))]
use super::{Arguments, Operations};
#[cfg(any(feature = "cli", feature = "document"))]
use super::{Forward, ForwardAnswer, ForwardRequest};
use crate::error::{Error, Result};
use crate::schema::{Declared, ReturnType, Shape, StatusType};
use crate::types::{AnswerError, OutputError};
use schemars::{Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A `Result<T, E>`, or an alias of one.
#[diagnostic::on_unimplemented(
    message = "an operation returns a `Result`, not `{Self}`",
    label = "this is not a `Result`",
    note = "write `naftiko::Result<{Self}>`, or `Result<{Self}, E>` with an error of your own"
)]
pub trait Returns: Send {
    /// The success type.
    type Ok;
    /// The error type.
    type Err;

    /// Converts into a `Result`.
    ///
    /// # Errors
    /// Returns the error of the operation.
    fn result(self) -> Result<Self::Ok, Self::Err>;

    /// Converts from a `Result`.
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

/// The codec of a method's `Result<T, E>`. Generated code contains one for each type, not for each use.
///
/// Only [`answer`] and [`output`] have trait bounds, so that one invalid type causes one compiler error.
pub struct ReturnCodec<R> {
    encode: fn(R, &LengthHint) -> Result<Output>,
    /// The expected length of the next result, for the size of its buffer.
    size: LengthHint,
    schema: fn(&mut SchemaGenerator) -> Schema,
    declared: fn() -> Declared,
    errors: &'static [ErrorStatus],
    shape: fn() -> Shape,
    /// The conversion of an upstream's answer; `None` for an orchestration.
    #[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client has an upstream"))]
    pub(crate) upstream: Option<FromUpstream<R>>,
}

/// The conversion of an upstream's answer to a `Result<T, E>`.
#[cfg_attr(not(feature = "client"), allow(dead_code, reason = "only the client has an upstream"))]
pub(crate) struct FromUpstream<R> {
    /// Decodes an answer; empty bytes read as `null`.
    pub(crate) decode: fn(Answered<'_>, Head) -> Result<R, serde_json::Error>,
    /// Whether the type is a string, so that plain text is a valid value.
    pub(crate) is_string: fn() -> bool,
    /// Whether the type includes the status and the headers of the answer.
    pub(crate) has_head: fn() -> bool,
    /// Whether a file is read to its end before it is decoded.
    pub(crate) is_buffered: fn() -> bool,
    /// Converts an error.
    pub(crate) error: fn(Error) -> R,
}

/// The return type of a method that a client relays from an upstream to a caller.
pub trait RelayReturn: ReturnType {
    /// Returns whether it decodes an upstream's answer, not the result of a method's body.
    fn is_answer(&self) -> bool {
        true
    }

    /// Returns whether the type is a string, so that plain text is a valid value.
    fn is_string(&self) -> bool {
        false
    }

    /// Returns whether the type includes the status and the headers of the answer.
    fn has_head(&self) -> bool {
        false
    }

    /// Decodes an upstream's answer into the return type, and encodes it for a caller.
    ///
    /// # Errors
    /// Returns an error if the JSON does not match the type.
    fn relay(&self, answered: Answered<'_>, head: Head) -> Result<Result<Output>, serde_json::Error>;

    /// Converts an error to the method's error type, and then to the error for a caller.
    fn refuse(&self, error: Error) -> Error;
}

impl<R: 'static> ReturnType for ReturnCodec<R> {
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    fn shape(&self) -> Shape {
        (self.shape)()
    }

    fn declared(&self) -> Declared {
        (self.declared)()
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

    fn relay(&self, answered: Answered<'_>, head: Head) -> Result<Result<Output>, serde_json::Error> {
        match (&self.upstream, answered) {
            // Decoding as `Bytes` would read the whole file. A relayed file is streamed instead, with its type and its name.
            (Some(upstream), Answered::File(file)) if (upstream.is_buffered)() => {
                let status = Some(head.status).filter(|_| (upstream.has_head)());
                Ok(Ok(Output { status, unfiltered: Some(Box::new(head.headers)), ..Content::Download(file).into() }))
            }
            (Some(upstream), answered) => Ok((self.encode)((upstream.decode)(answered, head)?, &self.size)),
            (None, _) => Ok(Err(Error::internal("the operation has no upstream"))),
        }
    }

    fn refuse(&self, error: Error) -> Error {
        let Some(upstream) = &self.upstream else { return error };
        let refusal = error.refusal();
        match (self.encode)((upstream.error)(error), &self.size) {
            // The variant of a status contains only the decoded body, but callers need the headers too.
            Err(error) => error.with_refusal(refusal),
            Ok(_) => Error::internal("an error was decoded as a success"),
        }
    }
}

/// Returns the codec of a consumed operation's result, which is decoded from the upstream and encoded for the caller. `errors` are
/// the statuses that the operation's error type distinguishes.
#[must_use]
pub const fn answer<R, M>(errors: &'static [ErrorStatus]) -> ReturnCodec<R>
where
    R: Returns<Ok: Answer<M>, Err: AnswerError>,
{
    ReturnCodec {
        encode: encode::<R, M>,
        size: LengthHint::new(),
        schema: R::Ok::__schema,
        declared: R::Ok::__declared,
        errors,
        shape: R::Ok::__shape,
        upstream: Some(FromUpstream {
            decode: |answered, head| R::Ok::__decode(answered, head).map(|value| R::from_result(Ok(value))),
            is_string: R::Ok::__is_string,
            has_head: R::Ok::__has_head,
            is_buffered: R::Ok::__is_buffered,
            error: |error| R::from_result(Err(error.into())),
        }),
    }
}

/// Returns the codec of an orchestration's result, which is only encoded.
#[must_use]
pub const fn output<R, M>(errors: &'static [ErrorStatus]) -> ReturnCodec<R>
where
    R: Returns<Ok: Outputs<M>, Err: OutputError>,
{
    ReturnCodec {
        encode: encode::<R, M>,
        size: LengthHint::new(),
        schema: R::Ok::__schema,
        declared: Declared::default,
        errors,
        shape: R::Ok::__shape,
        upstream: None,
    }
}

impl<R> ReturnCodec<R> {
    /// Returns the codec with the function that examines the members of the type.
    #[must_use]
    pub const fn with_members(mut self, declared: fn() -> Declared) -> Self {
        self.declared = declared;
        self
    }
}

/// The success type of a `Result`, whose members are examined if it implements `Deserialize`; otherwise [`NotExamined`].
#[doc(hidden)]
pub struct SuccessOf<R>(PhantomData<R>);

impl<R: Returns<Ok: DeserializeOwned>> SuccessOf<R> {
    /// Examines the members.
    pub const MEMBERS: fn() -> Declared = super::declared::declared::<R::Ok>;
}

/// The fallback for types that do not implement `Deserialize`: an inherent constant takes precedence over a trait's.
#[doc(hidden)]
pub trait NotExamined {
    /// Returns no members.
    const MEMBERS: fn() -> Declared = Declared::default;
}

impl<R> NotExamined for SuccessOf<R> {}

/// Checks that a method whose `none_on` turns some error statuses into `None` returns an `Option`.
pub const fn none_on<R>()
where
    R: Returns<Ok: Nullable>,
{
}

/// Checks that a method without a verb whose `response_headers` are passed on returns an `http::Response`.
pub const fn response_headers<R>()
where
    R: Returns<Ok: Headed>,
{
}

/// Checks that a method with `#[output]` does not return a file.
pub const fn picked<R, M: Picked>()
where
    R: Returns<Ok: Answer<M>>,
{
}

/// Checks that a method whose `format` is `binary` returns a file.
pub const fn binary<R>()
where
    R: Returns<Ok: Binary>,
{
}

/// Checks that a method whose `format` is `stream` returns a stream.
pub const fn streamed<R>()
where
    R: Returns<Ok: ItemStream>,
{
}

/// Checks that a method with `#[page]` or `cache` does not return a stream.
pub const fn complete<R, M: Complete>()
where
    R: Returns<Ok: Answer<M>>,
{
}

/// Checks that a method with `#[page]` returns JSON if its next page is found in the body.
pub const fn pages_in_json<R, M: ReadsNextPage>()
where
    R: Returns<Ok: Answer<M>>,
{
}

fn encode<R: Returns<Ok: Outputs<M>, Err: Into<Error>>, M>(result: R, size: &LengthHint) -> Result<Output> {
    R::Ok::__encode(result.result().map_err(Into::into)?, size)
}

/// Converts a method's future to an output. Every arm of the generated dispatch calls this.
///
/// # Errors
/// Never fails itself: errors are returned by the future. The signature lets an arm use `?` on its arguments.
pub fn run<'a, R: 'a>(
    ret: &'static ReturnCodec<R>,
    future: impl Future<Output = R> + Send + 'a,
) -> Result<BoxFuture<'a, Result<Output>>> {
    Ok(Box::pin(async move { (ret.encode)(future.await, &ret.size) }))
}

/// Returns the error for an index without an operation. The last arm of every generated dispatch calls this.
///
/// # Errors
/// Always returns an error.
pub fn no_operation<'a>(index: usize) -> Result<BoxFuture<'a, Result<Output>>> {
    Err(Error::internal(format!("there is no operation {index}")))
}

/// The implementation of a capability that is only described and never called.
#[cfg(any(feature = "cli", feature = "document"))]
pub(crate) struct NotCallable;

#[cfg(any(feature = "cli", feature = "document"))]
impl Forward for NotCallable {
    fn forward(&self, _: ForwardRequest) -> BoxFuture<'_, Result<ForwardAnswer>> {
        Box::pin(async { Err(Error::internal("this capability is only described")) })
    }
}

#[cfg(any(feature = "cli", feature = "document"))]
impl Operations for NotCallable {
    fn call<'a>(&'a self, number: usize, _: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        no_operation(number)
    }
}
