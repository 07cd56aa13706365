//! Fallbacks: another implementation answers a read that failed.

use super::{Arguments, BoxFuture, Capability, Operation, Operations, Output};
use crate::error::{Error, ErrorKind, Result};
use crate::telemetry;
use futures_util::FutureExt;
use http::StatusCode;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A fallback is abandoned this long before the deadline of its call, or after 90 % of the remaining time if that is later, so that the
/// call can still report the first error.
const MARGIN: Duration = Duration::from_millis(200);

/// Operations whose reads have a fallback.
struct WithFallback {
    first: Arc<dyn Operations>,
    fallback: Arc<dyn Operations>,
    /// For each operation, its replacement in the fallback; `None` for an operation that may have an effect.
    reads: Vec<Option<Arc<Operation>>>,
}

impl Capability {
    /// Returns the capability with a fallback: `other` answers the reads that fail because an API fails.
    ///
    /// A read is an operation that only sends GET or HEAD requests, or a method in Rust whose first route is GET or HEAD, unless
    /// one of its tools has `hints(read_only = false)`; all other operations never reach the fallback, because nobody knows
    /// whether the failed call took effect. [`Error::allows_fallback`] says which errors lead to the fallback. If the fallback
    /// fails too, callers get the first error. Both calls share the time limit of the operation
    /// ([`Limits::operation`](crate::Limits::operation)); callers also get the first error if the fallback has not answered
    /// shortly before that limit.
    ///
    /// Usually, `other` is another implementation of the same trait: a client for a replica, an implementation in memory. It may
    /// also be the capability of a document.
    ///
    /// ```
    /// use naftiko_runtime::{Capability, Result};
    ///
    /// /// Returns the capability of an API whose reads a mirror answers while the API fails.
    /// fn mirrored(api: Capability, mirror: Capability) -> Result<Capability> {
    ///     api.with_fallback(mirror)
    /// }
    /// ```
    ///
    /// The book shows a whole program (`docs/book/src/cookbook/fallback.md` in the repository).
    ///
    /// # Errors
    /// Returns an error if a read of this capability has no counterpart in `other`: an operation with the same name, the same
    /// arguments and the same result that only reads.
    pub fn with_fallback(mut self, other: Self) -> Result<Self> {
        let reads = self.operations().iter().map(|own| own.reads.then(|| counterpart(own, &other)).transpose());
        let reads = reads.collect::<Result<_>>()?;
        self.implementation =
            Arc::new(WithFallback { first: self.implementation, fallback: other.implementation, reads });
        Ok(self)
    }

    /// Returns whether the capability has a fallback.
    #[cfg(feature = "cli")]
    pub(crate) fn has_fallback(&self) -> bool {
        !Arc::ptr_eq(&self.implementation, self.own_implementation())
    }
}

/// Returns the operation of the fallback that answers if `own`, an operation that only reads, fails.
fn counterpart(own: &Operation, fallback: &Capability) -> Result<Arc<Operation>> {
    let name = own.name();
    let wrong = |what: &str| Err(Error::configuration(format!("`{name}` of the fallback {what}")));
    let Some(other) = fallback.operations().iter().find(|other| other.name() == name) else {
        return Err(Error::configuration(format!("the fallback has no operation `{name}`")));
    };
    let is_same = own.inputs.len() == other.inputs.len()
        && own
            .inputs
            .iter()
            .zip(&other.inputs)
            .all(|(own, other)| own.argument.name == other.argument.name && own.schema == other.schema)
        && own.output == other.output;
    match (other.reads, is_same) {
        (false, _) => wrong("may have an effect, but the operation that it replaces only reads"),
        (true, false) => wrong("has different arguments or a different result from the operation that it replaces"),
        (true, true) => Ok(other.clone()),
    }
}

impl WithFallback {
    /// Calls the fallback; a panic is an error like any other, and so is an answer that has not arrived shortly before the
    /// deadline.
    async fn second(&self, other: &Operation, arguments: &Arguments) -> Result<Output> {
        let work = AssertUnwindSafe(async { self.fallback.call(other.index, arguments)?.await }).catch_unwind();
        let panicked = |_| Err(Error::internal("the fallback panicked"));
        let Some(deadline) = arguments.deadline() else { return work.await.unwrap_or_else(panicked) };
        let left = deadline.saturating_duration_since(Instant::now());
        let late = |_| {
            let message = "the fallback has not answered within the time limit of the operation";
            Err(Error::of(ErrorKind::Timeout, StatusCode::GATEWAY_TIMEOUT, message))
        };
        timeout(left.saturating_sub(MARGIN.min(left / 10)), work)
            .await
            .map_or_else(late, |answer| answer.unwrap_or_else(panicked))
    }
}

impl Operations for WithFallback {
    fn check(&self, operation: usize, arguments: &Arguments) -> Result<()> {
        self.first.check(operation, arguments)
    }

    fn call<'a>(&'a self, operation: usize, arguments: &'a Arguments) -> Result<BoxFuture<'a, Result<Output>>> {
        let first = self.first.call(operation, arguments)?;
        let Some(other) = self.reads.get(operation).and_then(Option::as_ref) else { return Ok(first) };
        Ok(Box::pin(async move {
            let error = match first.await {
                Err(error) if error.allows_fallback() => error,
                answer => return answer,
            };
            let Some(arguments) = arguments.for_operation(other) else { return Err(error) };
            let (name, answer) = (other.name(), self.second(other, &arguments).await);
            telemetry::fallback(name, if answer.is_ok() { "answered" } else { "failed" });
            match answer {
                Ok(output) => {
                    tracing::warn!(operation = name, %error, "the fallback answered");
                    Ok(output)
                }
                Err(second) => {
                    tracing::warn!(operation = name, error = %second, "the fallback failed as well");
                    Err(error)
                }
            }
        }))
    }
}
