//! The store of a program, which its replicas share.

use crate::error::{Error, Result};
use crate::store::Store;
use std::sync::Arc;

/// The environment variable with the URL of the store.
const STORE: &str = "NAFTIKO_STORE";

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
    Ok(Arc::new(crate::store::RedisStore::new(url).map_err(invalid)?))
}

#[cfg(not(feature = "redis"))]
fn of_url(_: &str) -> Result<Arc<dyn Store>> {
    let message = format!(
        "{STORE} is set, but this program was built without the feature `redis`\n  help: add the feature to `naftiko` in its \
         Cargo.toml, or unset the variable"
    );
    Err(Error::configuration(message))
}
