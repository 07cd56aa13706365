//! The operations of an exposed client: some call an API, the others run the bodies of methods.

use super::{Arguments, BoxFuture, CallerValues, Forwarded, Operations, Output};
use crate::error::Result;
use std::sync::Arc;

/// The operations of a generated client that call its API. If the client itself is exposed, adapters call them directly
/// and pass on the upstream's status.
#[doc(hidden)]
pub trait Consumed: Operations {
    /// Returns whether the client itself answers the operation with the given index, by calling its API.
    fn has(&self, operation: usize) -> bool;

    /// Returns the routes whose requests are forwarded to an API.
    fn forwards(&self) -> Vec<Forwarded>;

    /// Returns the values for the variables in the `authentication` of adapters.
    fn caller_values(&self) -> CallerValues;
}

/// The client's own operations, and the implementation of the trait for all others.
pub(super) struct ClientOperations {
    pub(super) consumed: Arc<dyn Consumed>,
    pub(super) implemented: Arc<dyn Operations>,
}

impl Operations for ClientOperations {
    fn call<'a>(&'a self, operation: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        let target: &dyn Operations = if self.consumed.has(operation) { &*self.consumed } else { &*self.implemented };
        target.call(operation, arguments)
    }

    fn check(&self, operation: usize, arguments: &Arguments) -> Result<()> {
        if self.consumed.has(operation) { self.consumed.check(operation, arguments) } else { Ok(()) }
    }
}
