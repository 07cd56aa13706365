//! The consuming side: an HTTP client of the APIs that a capability calls. It knows no adapter.

pub(crate) mod overrides;

use crate::capability::{Definition, Describe};
use crate::error::Result;
use crate::operation::{Ret, Returns, Sent};
use std::marker::PhantomData;

/// The HTTP client behind every generated `…Client`.
#[derive(Debug, Clone)]
pub struct Client {}

impl Client {
    /// Calls an operation. What every generated client method calls.
    #[doc(hidden)]
    pub fn call<R: Returns + 'static>(
        &self,
        index: usize,
        ret: &'static Ret<R>,
        sent: &[Sent<'_>],
    ) -> impl Future<Output = R> + Send + use<R> {
        let _ = (index, sent);
        let _ = ret;
        let _: Option<Definition> = None;
        std::future::pending()
    }
}

/// A generated `…Client`.
#[doc(hidden)]
pub trait FromClient: Describe {
    /// Wraps the client.
    fn from_client(client: Client) -> Self;
}

/// Makes the client of a capability.
#[derive(Debug)]
pub struct ClientBuilder<C> {
    client: PhantomData<fn() -> C>,
}

impl<C: FromClient> ClientBuilder<C> {
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::new_without_default, reason = "made by `…Client::builder()`")]
    pub fn new() -> Self {
        Self { client: PhantomData }
    }

    /// The client.
    ///
    /// # Errors
    /// If something is missing.
    pub fn build(self) -> Result<C> {
        Ok(C::from_client(Client {}))
    }
}
