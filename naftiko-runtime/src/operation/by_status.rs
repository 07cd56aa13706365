//! Errors by status: what `#[derive(UpstreamError)]` implements and calls.

use super::ret::{Answered, Content, OutputMode, Size};
use super::returned::{Answer, Head};
use crate::error::{Error, ErrorKind, UpstreamError};
use crate::types::AnswerError;
use bytes::Bytes;
use http::StatusCode;
use schemars::{Schema, SchemaGenerator};
use std::marker::PhantomData;

/// An error with a variant for each status.
#[doc(hidden)]
pub trait ErrorByStatus {
    /// What its variants are.
    const STATUSES: &'static [ErrorStatus];
}

/// One variant: its status, what that means, and the schema of what the API answers then.
#[doc(hidden)]
pub struct ErrorStatus {
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    pub(crate) schema: Option<fn(&mut SchemaGenerator) -> Schema>,
}

/// How a variant that holds a `T` is read and written. The bounds are on [`refusal_with`] alone, so that one bad type is one
/// error.
#[doc(hidden)]
pub struct Refusal<T> {
    status: u16,
    description: &'static str,
    schema: Option<fn(&mut SchemaGenerator) -> Schema>,
    read: fn(&[u8]) -> Option<T>,
    write: fn(T) -> Result<Option<Bytes>, Error>,
}

/// A variant without a value.
#[must_use]
pub const fn refusal(status: u16, description: &'static str) -> Refusal<()> {
    Refusal { status, description, schema: None, read: |_| Some(()), write: |()| Ok(None) }
}

/// A variant with a value.
#[must_use]
pub const fn refusal_with<T: Answer>(status: u16, description: &'static str) -> Refusal<T> {
    Refusal {
        status,
        description,
        schema: Some(T::__schema),
        read: |json| T::__decode(Answered::Json(json), Head::default()).ok(),
        write: |value| match T::__encode(value, OutputMode::Json, &Size::new())?.content {
            Content::Json(json) => Ok(Some(json)),
            _ => Ok(None),
        },
    }
}

impl<T> Refusal<T> {
    /// What is published of it.
    #[must_use]
    pub const fn published(&self) -> ErrorStatus {
        ErrorStatus { status: self.status, description: self.description, schema: self.schema }
    }

    /// Reads what the API answered.
    ///
    /// # Errors
    /// The same error if it does not fit.
    pub fn read(&self, error: Error) -> Result<T, Error> {
        let body = error.upstream().map_or(&[][..], |upstream| &upstream.body);
        (self.read)(body).ok_or(error)
    }

    /// What callers get to know.
    pub fn told(&self, value: T) -> Error {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let error = Error::of(ErrorKind::Upstream, status, self.description);
        match (self.write)(value) {
            Ok(None) => error,
            Ok(Some(body)) => error.with_upstream(UpstreamError { status, body, ..UpstreamError::default() }),
            Err(why) => why,
        }
    }
}

/// How all other errors are kept.
#[doc(hidden)]
pub struct Others<E> {
    /// Keeps one.
    pub keep: fn(Error) -> E,
    /// Gives it back.
    pub told: fn(E) -> Error,
}

/// How all other errors are kept.
#[must_use]
pub const fn others<E: AnswerError>() -> Others<E> {
    Others { keep: |error| error.into(), told: |error| error.into() }
}

/// The statuses of the error of a `Result`: those of its own, or else [`NoStatuses`].
#[doc(hidden)]
pub struct ErrorsOf<R>(PhantomData<R>);

impl<T, E: ErrorByStatus> ErrorsOf<Result<T, E>> {
    /// What its variants are.
    pub const STATUSES: &'static [ErrorStatus] = E::STATUSES;
}

/// What holds for errors that do not tell statuses apart: an inherent constant goes before that of a trait.
#[doc(hidden)]
pub trait NoStatuses {
    /// None.
    const STATUSES: &'static [ErrorStatus] = &[];
}

impl<R> NoStatuses for ErrorsOf<R> {}

/// Returns the status that the API refused the request with; `None` for every other error.
#[doc(hidden)]
#[must_use]
pub fn refused_with(error: &Error) -> Option<u16> {
    (error.kind() == ErrorKind::Upstream).then(|| error.status().as_u16())
}
