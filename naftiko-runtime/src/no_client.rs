//! What stands in for the HTTP client without the `client` feature: a type that cannot be made, so that a generated
//! `…Client` compiles and cannot be had.

use crate::operation::{ArgumentValue, Consumed, Ret};
use std::convert::Infallible;
use std::sync::Arc;

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
        _ret: &'static Ret<R>,
        _given: &[ArgumentValue<'_>],
    ) -> impl Future<Output = R> + Send + use<R> {
        match self.0 {}
        #[allow(unreachable_code, reason = "the type of the future must still be named")]
        std::future::pending()
    }
}
