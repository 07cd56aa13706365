//! The connection pools that the capabilities of a program share, unless they have an HTTP client or certificates of their own.

use super::tls::Certificates;
use super::transport::Transport;
use crate::error::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Id};

/// The last transports that were created: one for all addresses, and one for public addresses only.
static SHARED: [Mutex<Option<SharedTransport>>; 2] = [Mutex::new(None), Mutex::new(None)];

struct SharedTransport {
    /// A connection is bound to its Tokio runtime, so each runtime has its own pool.
    runtime: Id,
    connect_timeout: Duration,
    transport: Arc<Transport>,
}

/// Returns the shared transport of this runtime. Creates a new transport outside a runtime, or if the shared one belongs to another runtime
/// or has another time limit. With `public_only`, the transport connects only to the public addresses of a name.
pub(crate) fn transport(connect_timeout: Duration, public_only: bool) -> Result<Arc<Transport>> {
    let runtime = Handle::try_current().map(|handle| handle.id());
    let Ok(runtime) = runtime else { return make(connect_timeout, public_only) };
    let [any, public] = &SHARED;
    let shared = if public_only { public } else { any };
    let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = shared.as_ref()
        && (shared.runtime, shared.connect_timeout) == (runtime, connect_timeout)
    {
        return Ok(shared.transport.clone());
    }
    let transport = make(connect_timeout, public_only)?;
    *shared = Some(SharedTransport { runtime, connect_timeout, transport: transport.clone() });
    Ok(transport)
}

fn make(connect_timeout: Duration, public_only: bool) -> Result<Arc<Transport>> {
    Transport::new(connect_timeout, Certificates::default(), public_only)
        .map(Arc::new)
        .map_err(|error| Error::configuration("the HTTP client cannot be set up").because(error))
}
