//! What stands in for the HTTP client without the `client` feature: a type that cannot be made, so that a generated
//! `…Client` compiles and cannot be had.

use crate::error::{Error, Result};
use crate::operation::{ArgumentValue, Consumed, ReturnCodec};
#[cfg(feature = "cli")]
use crate::{operation::Describe, setup::Setup};
use std::convert::Infallible;
use std::sync::Arc;

/// What a generated client has with the feature `client`. It is never implemented, so that calling its constructors says
/// which feature is missing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` needs the feature `client` of `naftiko`",
    label = "there is no HTTP client in this build",
    note = "turn it on in Cargo.toml: `naftiko = {{ …, features = [\"client\"] }}`"
)]
pub trait HasClient<'a> {}

/// A generated client; without the HTTP client it cannot be made.
#[cfg(feature = "cli")]
pub trait FromClient: Describe {}

#[cfg(feature = "cli")]
impl<C: Describe> FromClient for C {}

/// Returns the client as it is.
#[cfg(feature = "cli")]
pub(crate) fn rebuilt<C>(made: Result<C>, _setup: &Setup) -> Result<C> {
    made
}

/// Never called.
///
/// # Errors
/// Always.
pub fn without_client<C>() -> Result<C> {
    Err(Error::configuration("this program was built without the feature `client`"))
}

/// No client.
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
