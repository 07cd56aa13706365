//! A replacement for the HTTP client if the feature `client` is off: a type that cannot be created, so that a generated
//! `…Client` compiles but cannot be used.

use crate::error::{Error, Result};
use crate::operation::{ArgumentValue, Consumed, ReturnCodec};
#[cfg(feature = "cli")]
use crate::{operation::Describe, setup::Setup};
use std::convert::Infallible;
use std::sync::Arc;

/// A trait that no type implements. The constructors of a generated client require it, so that calling one reports the missing
/// feature.
#[diagnostic::on_unimplemented(
    message = "`{Self}` requires the feature `client` of `naftiko`",
    label = "this build has no HTTP client",
    note = "enable it in Cargo.toml: `naftiko = {{ …, features = [\"client\"] }}`"
)]
pub trait HasClient<'a> {}

/// A generated client; without the HTTP client it cannot be created.
#[cfg(feature = "cli")]
pub trait ConnectClient: Describe {}

#[cfg(feature = "cli")]
impl<C: Describe> ConnectClient for C {}

/// Returns the client unchanged.
#[cfg(feature = "cli")]
pub(crate) fn rebuilt<C>(made: Result<C>, _setup: &Setup) -> Result<C> {
    made
}

/// Returns an error. The constructors of a generated client call this function, but cannot be called: they require [`HasClient`].
///
/// # Errors
/// Always returns an error.
pub fn without_client<C>() -> Result<C> {
    Err(Error::configuration("this program was built without the feature `client`"))
}

/// A client that cannot be created.
#[derive(Debug, Clone)]
pub struct Client(Infallible);

impl Client {
    /// Never called.
    #[doc(hidden)]
    #[must_use]
    pub fn consumed(&self) -> Option<Arc<dyn Consumed>> {
        match self.0 {}
    }

    /// Never called.
    #[doc(hidden)]
    pub fn call<R: 'static>(
        &self,
        _index: usize,
        _ret: &'static ReturnCodec<R>,
        _given: &[ArgumentValue<'_>],
    ) -> impl Future<Output = R> + Send + use<R> {
        match self.0 {}
        #[allow(unreachable_code, reason = "the type of the future must still be named")]
        std::future::pending()
    }
}
