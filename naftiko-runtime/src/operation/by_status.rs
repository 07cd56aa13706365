//! Errors with a variant for each status: the trait and the codecs that `#[derive(UpstreamError)]` uses.

use super::answered::{Answered, Head};
use super::outcome::{Content, LengthHint};
use super::returned::Answer;
use crate::error::{Error, ErrorKind, UpstreamError};
use crate::types::AnswerError;
use bytes::Bytes;
use http::StatusCode;
use schemars::{Schema, SchemaGenerator};
use std::marker::PhantomData;

/// An error with a variant for each status.
#[doc(hidden)]
pub trait ErrorByStatus {
    /// The variants of the error.
    const STATUSES: &'static [ErrorStatus];
}

/// One variant: its status, its description, and the schema of the API's answer.
#[doc(hidden)]
pub struct ErrorStatus {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    pub(crate) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// The codec of a variant with a value of type `T`. Only [`refusal_with`] has trait bounds, so that an invalid type
/// causes only one compiler error.
#[doc(hidden)]
pub struct StatusVariant<T> {
    status: u16,
    description: &'static str,
    schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    read: fn(&[u8]) -> Option<T>,
    write: fn(T) -> Result<Option<Bytes>, Error>,
}

/// Returns the codec of a variant without a value.
#[must_use]
pub const fn refusal(status: u16, description: &'static str) -> StatusVariant<()> {
    StatusVariant { status, description, schema: None, read: |_| Some(()), write: |()| Ok(None) }
}

/// Returns the codec of a variant with a value.
#[must_use]
pub const fn refusal_with<T: Answer>(status: u16, description: &'static str) -> StatusVariant<T> {
    StatusVariant {
        status,
        description,
        schema: Some(T::__schema),
        read: |json| T::__decode(Answered::Json(json), Head::default()).ok(),
        write: |value| match T::__encode(value, &LengthHint::new())?.content {
            Content::Json(json) => Ok(Some(json)),
            _ => Ok(None),
        },
    }
}

impl<T> StatusVariant<T> {
    /// Returns the published part of the variant.
    #[must_use]
    pub const fn published(&self) -> ErrorStatus {
        ErrorStatus { status: self.status, description: self.description, schema: self.schema }
    }

    /// Decodes the API's answer.
    ///
    /// # Errors
    /// Returns `error` unchanged if the answer does not match `T`.
    pub fn read(&self, error: Error) -> Result<T, Error> {
        let body = error.upstream().map_or(&[][..], |upstream| &upstream.body);
        (self.read)(body).ok_or(error)
    }

    /// Converts a value to the error for callers.
    pub fn into_error(&self, value: T) -> Error {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let error = Error::of(ErrorKind::Upstream, status, self.description);
        match (self.write)(value) {
            Ok(None) => error,
            Ok(Some(body)) => error.with_upstream(UpstreamError { status, body, ..UpstreamError::default() }),
            Err(why) => why,
        }
    }
}

/// The conversions of errors that have no variant.
#[doc(hidden)]
pub struct OtherErrors<E> {
    /// Wraps an error.
    pub keep: fn(Error) -> E,
    /// Unwraps an error.
    pub into_error: fn(E) -> Error,
}

/// Returns the conversions of errors that have no variant.
#[must_use]
pub const fn others<E: AnswerError>() -> OtherErrors<E> {
    OtherErrors { keep: |error| error.into(), into_error: |error| error.into() }
}

/// The statuses that the error type of a `Result` distinguishes, or [`NoStatuses`].
#[doc(hidden)]
pub struct ErrorsOf<R>(PhantomData<R>);

impl<T, E: ErrorByStatus> ErrorsOf<Result<T, E>> {
    /// The variants of the error.
    pub const STATUSES: &'static [ErrorStatus] = E::STATUSES;
}

/// The fallback for errors that do not distinguish statuses: an inherent constant takes precedence over a trait's.
#[doc(hidden)]
pub trait NoStatuses {
    /// No variants.
    const STATUSES: &'static [ErrorStatus] = &[];
}

impl<R> NoStatuses for ErrorsOf<R> {}

/// Returns whether one of the variants has the given status.
#[doc(hidden)]
#[must_use]
pub const fn has_status(variants: &[ErrorStatus], status: u16) -> bool {
    let mut rest = variants;
    while let [first, others @ ..] = rest {
        if first.status == status {
            return true;
        }
        rest = others;
    }
    false
}

/// Returns the status of an [`ErrorKind::Upstream`] error; `None` for every other error.
#[doc(hidden)]
#[must_use]
pub fn refused_with(error: &Error) -> Option<u16> {
    (error.kind() == ErrorKind::Upstream).then(|| error.status().as_u16())
}
