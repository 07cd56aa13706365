//! The HTTP client, and with it the connection pool, that the capabilities of a program share unless they are handed one.

use crate::error::{Error, Result};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Id};

/// The last client that was made, for whom it fits.
static SHARED: Mutex<Option<Shared>> = Mutex::new(None);

struct Shared {
    /// A connection lives in the runtime that it was made in, so another runtime gets another pool.
    runtime: Id,
    connect_timeout: Duration,
    client: reqwest::Client,
}

/// The shared client of this runtime; one of its own outside of a runtime, or with another time limit.
pub(super) fn http_client(connect_timeout: Duration) -> Result<reqwest::Client> {
    let Ok(runtime) = Handle::try_current().map(|handle| handle.id()) else { return make(connect_timeout) };
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = shared.as_ref()
        && (shared.runtime, shared.connect_timeout) == (runtime, connect_timeout)
    {
        return Ok(shared.client.clone());
    }
    let client = make(connect_timeout)?;
    *shared = Some(Shared { runtime, connect_timeout, client: client.clone() });
    Ok(client)
}

/// A client that follows no redirects, keeps no cookies, and asks for no encoding whatever features the program has on.
fn make(connect_timeout: Duration) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect_timeout)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .build()
        .map_err(|error| Error::configuration("the HTTP client cannot be set up").because(error))
}
