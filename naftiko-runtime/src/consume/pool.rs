//! The connection pool that the capabilities of a program share, unless they have an HTTP client of their own.

use super::tls::Certificates;
use super::transport::Transport;
use crate::error::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Id};

/// The last transport that was created, and where it can be used.
static SHARED: Mutex<Option<Shared>> = Mutex::new(None);

struct Shared {
    /// A connection is bound to its Tokio runtime, so each runtime has its own pool.
    runtime: Id,
    connect_timeout: Duration,
    transport: Arc<Transport>,
}

/// Returns the shared transport of this runtime; a new one outside a runtime, or if the time limit differs.
pub(crate) fn transport(connect_timeout: Duration) -> Result<Arc<Transport>> {
    let Ok(runtime) = Handle::try_current().map(|handle| handle.id()) else { return make(connect_timeout) };
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = shared.as_ref()
        && (shared.runtime, shared.connect_timeout) == (runtime, connect_timeout)
    {
        return Ok(shared.transport.clone());
    }
    let transport = make(connect_timeout)?;
    *shared = Some(Shared { runtime, connect_timeout, transport: transport.clone() });
    Ok(transport)
}

fn make(connect_timeout: Duration) -> Result<Arc<Transport>> {
    Transport::new(connect_timeout, Certificates::default())
        .map(Arc::new)
        .map_err(|error| Error::configuration("the HTTP client cannot be set up").because(error))
}
