//! The consuming side: an HTTP client of the APIs that a capability calls. It knows no adapter.
//!
//! [`ClientBuilder`] resolves what comes from outside (`resolve`) and works out a plan for each operation (`plan`). A call
//! makes a request of a plan and arguments (`request`), sends it, and makes a result or an error of the answer (`answer`).
//! All of that is compiled once; only the last step, decoding, is generic.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod coding;
mod connection;
pub(crate) mod encode;
pub(crate) mod exchange;
pub(crate) mod failure;
mod locations;
#[cfg(not(feature = "document"))]
mod no_document;
pub(crate) mod onward;
pub(crate) mod overrides;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod redact;
mod refusal;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod transport;
pub(crate) mod upstream;

pub use builder::ClientBuilder;

#[cfg(feature = "document")]
use crate::document::Filled;
use crate::error::{Error, Result};
use crate::operation::{Describe, Forwarded};
use crate::operation::{Given, Ret, ReturnType, Sent};
use answer::Fetched;
use exchange::{Exchange, Line};
#[cfg(not(feature = "document"))]
use no_document::Filled;
use plan::Plan;
use request::Prepared;
use std::fmt;
use std::sync::Arc;
use upstream::Upstream;

/// The HTTP client behind every generated `…Client`. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    line: Arc<Line>,
    upstreams: Vec<Arc<Upstream>>,
    /// By the number of the operation.
    plans: Vec<Option<Arc<Plan>>>,
    /// The document whose operations come first, for a trait that is filled from one.
    filled: Option<Filled>,
}

impl Client {
    /// Calls an operation. What every generated client method calls.
    ///
    /// The request is made at once, so that the future borrows nothing.
    #[doc(hidden)]
    pub fn call<R: 'static>(
        &self,
        index: usize,
        ret: &'static Ret<R>,
        sent: &[Sent<'_>],
    ) -> impl Future<Output = R> + Send + use<R> {
        let filled = self.0.filled.as_ref().filter(|filled| index < filled.count());
        let called = filled.map(|filled| filled.call(index, sent.iter().map(Given::try_from).collect()));
        let prepared = if called.is_some() { None } else { Some(self.prepare(index, sent)) };
        let line = self.0.line.clone();
        async move {
            let Some(upstream) = &ret.upstream else {
                unreachable!("the macro gives every consumed operation a `Ret` made by `answer`")
            };
            let prepared = match (called, prepared) {
                (Some(called), _) => {
                    let (name, output) = called.await;
                    let result = match output {
                        Ok(output) => upstream.of_output(ret.shape(), output).await,
                        Err(error) => Err(error),
                    };
                    return result.unwrap_or_else(|error| (upstream.error)(error.in_operation(&name)));
                }
                (None, Some(prepared)) => prepared,
                (None, None) => Err(Error::internal("nothing was called")),
            };
            let result = match prepared {
                Ok((exchange, prepared)) => {
                    match answer::fetch(line.clone(), exchange.clone(), prepared, ret.shape()).await {
                        Ok(Fetched::Raw(raw)) => (upstream.raw)(raw).map_err(|_| not_raw(&exchange)),
                        Ok(Fetched::Json(json, content_type)) => {
                            crate::numbers::note(&json);
                            let says_text = (upstream.is_string)() && exchange.selection.is_none();
                            let text = says_text.then(|| answer::text(&exchange, &json, content_type.as_ref()));
                            match text.transpose().map(Option::flatten) {
                                Ok(text) => (upstream.decode)(text.as_ref().unwrap_or(&json)).map_err(|why| {
                                    answer::unreadable(&line, &exchange, &json, content_type.as_ref(), &why)
                                }),
                                Err(error) => Err(error),
                            }
                        }
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error),
            };
            result.unwrap_or_else(upstream.error)
        }
    }

    /// The routes whose requests go on as they are.
    #[doc(hidden)]
    #[must_use]
    pub fn forwards(&self) -> Vec<Forwarded> {
        self.0.filled.as_ref().map(Filled::forwards).unwrap_or_default()
    }

    /// The exchange of an operation, and the request that these arguments make of it.
    fn prepare(&self, index: usize, sent: &[Sent<'_>]) -> Result<(Arc<Exchange>, Prepared)> {
        let Some(plan) = self.0.plans.get(index).and_then(Option::as_ref) else {
            return Err(Error::internal(format!("operation {index} calls nothing")));
        };
        if let Some(dry_run) = &self.0.line.dry_run {
            let request = plan.describe(sent)?;
            return Err(dry_run
                .record(self.0.line.errors.mask_text(&request).into_owned())
                .in_operation(&plan.exchange.name));
        }
        Ok((plan.exchange.clone(), plan.request(sent)?))
    }
}

fn not_raw(exchange: &Exchange) -> Error {
    Error::internal("an answer that is not read was made for a type that is").in_operation(&exchange.name)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")?;
        f.debug_list().entries(&self.0.upstreams).finish()
    }
}

/// A generated `…Client`.
#[doc(hidden)]
pub trait FromClient: Describe {
    /// Wraps the client.
    fn from_client(client: Client) -> Self;
}
