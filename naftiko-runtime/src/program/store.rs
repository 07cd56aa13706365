//! The store of a program, which its replicas share.

use crate::error::{Error, Result};
use crate::store::Store;
#[cfg(feature = "redis")]
use naftiko_spec::printable;
use std::sync::Arc;

/// The environment variable with the URL of the store.
const STORE: &str = "NAFTIKO_STORE";

/// The environment variable with the certificate authority of the store: in PEM, or the path of a file with it.
#[cfg(feature = "redis")]
const CA: &str = "NAFTIKO_STORE_CA";

/// Returns the store of the program, or else the store from the environment, if there is one.
pub(super) fn or_environment(own: Option<&Arc<dyn Store>>) -> Result<Option<Arc<dyn Store>>> {
    match own {
        Some(store) => Ok(Some(store.clone())),
        None => std::env::var(STORE).ok().filter(|url| !url.is_empty()).map(|url| of_url(&url)).transpose(),
    }
}

#[cfg(feature = "redis")]
fn of_url(url: &str) -> Result<Arc<dyn Store>> {
    let invalid = |error: Error| Error::configuration(format!("{STORE}: {error}"));
    let store = crate::store::RedisStore::new(url).map_err(invalid)?;
    let Some(ca) = std::env::var(CA).ok().filter(|ca| !ca.trim().is_empty()) else { return Ok(Arc::new(store)) };
    let ca = if ca.contains("-----BEGIN") {
        ca
    } else {
        let unreadable = |error| Error::configuration(format!("{CA}: cannot read `{}`: {error}", printable(&ca)));
        std::fs::read_to_string(&ca).map_err(unreadable)?
    };
    let invalid = |error: Error| Error::configuration(format!("{CA}: {error}"));
    Ok(Arc::new(store.with_ca(&ca).map_err(invalid)?))
}

#[cfg(not(feature = "redis"))]
fn of_url(_: &str) -> Result<Arc<dyn Store>> {
    let message = format!(
        "{STORE} is set, but this program was built without the feature `redis`\n  help: add the feature to `naftiko` in its \
         Cargo.toml, or unset the variable"
    );
    Err(Error::configuration(message))
}
