//! The consuming side: an HTTP client of the APIs that a capability calls. It knows no adapter.
//!
//! [`ClientBuilder`] resolves what comes from outside (`resolve`) and works out a plan for each operation (`plan`). A call
//! makes a request of a plan and arguments (`request`), sends it, and makes a result or an error of the answer (`answer`).
//! All of that is compiled once; only the last step, decoding, is generic.

mod answer;
mod body;
mod builder;
mod encode;
mod failure;
pub(crate) mod overrides;
mod plan;
mod pool;
mod redact;
mod request;
mod resolve;
mod transport;
mod upstream;
mod whereabouts;

pub use builder::ClientBuilder;

use crate::capability::Describe;
use crate::error::{Error, Result};
use crate::operation::{Ret, ReturnType, Sent};
use answer::Fetched;
use overrides::DryRun;
use plan::Plan;
use redact::Redactor;
use request::Prepared;
use std::fmt;
use std::sync::Arc;
use transport::Transport;
use upstream::Upstream;

/// The HTTP client behind every generated `…Client`. It is cheap to clone; the clones share one connection pool.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

struct Shared {
    transport: Transport,
    /// Which definition it is of.
    definition: usize,
    upstreams: Vec<Arc<Upstream>>,
    /// By the number of the operation.
    plans: Vec<Option<Arc<Plan>>>,
    /// How large an answer may be, in bytes.
    max_answer: usize,
    /// Masks what no success may hold.
    answers: Redactor,
    /// Masks what no error may hold.
    errors: Redactor,
    dry_run: Option<DryRun>,
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
        let prepared = self.prepare(index, sent);
        let shared = self.0.clone();
        async move {
            let Some(upstream) = &ret.upstream else {
                unreachable!("the macro gives every consumed operation a `Ret` made by `answer`")
            };
            let result = match prepared {
                Ok((plan, prepared)) => {
                    match answer::fetch(shared.clone(), plan.clone(), prepared, ret.shape()).await {
                        Ok(Fetched::Raw(raw)) => (upstream.raw)(raw).map_err(|_| not_raw(&plan)),
                        Ok(Fetched::Json(json, content_type)) => (upstream.decode)(&json)
                            .map_err(|why| answer::unreadable(&shared, &plan, &json, content_type.as_ref(), &why)),
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error),
            };
            result.unwrap_or_else(upstream.error)
        }
    }

    /// The plan of an operation, and the request that these arguments make of it.
    fn prepare(&self, index: usize, sent: &[Sent<'_>]) -> Result<(Arc<Plan>, Prepared)> {
        let Some(plan) = self.0.plans.get(index).and_then(Option::as_ref) else {
            return Err(Error::internal(format!("operation {index} calls nothing")));
        };
        if let Some(dry_run) = &self.0.dry_run {
            let request = plan.describe(sent)?;
            return Err(dry_run.record(self.0.errors.mask_text(&request).into_owned()).in_operation(&plan.name));
        }
        Ok((plan.clone(), plan.request(sent)?))
    }
}

fn not_raw(plan: &Plan) -> Error {
    Error::internal("an answer that is not read was made for a type that is").in_operation(&plan.name)
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
