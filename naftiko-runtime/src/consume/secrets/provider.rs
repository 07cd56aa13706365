//! Sources of secrets that users implement.

use crate::consume::layers::user::BoxError;
use crate::operation::BoxFuture;
use secrecy::SecretString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Your own source of the values of a bind: the secret manager of a cloud, a database, a hardware token. Set it with
/// [`ClientBuilder::secrets`](crate::ClientBuilder::secrets), or for a document with `Settings::secrets`.
///
/// It is called at startup, once for each key of the bind that is used and has no value on the builder; building the client waits
/// for each call, for at most 10 seconds. It is called again before a value's lifetime ends ([`SecretValue::valid_for`]), and after an API
/// has answered 401 to a credential that comes from it; it is then called for all keys at the same time. If the reads after refusals find
/// no change, they become rarer, down to one a minute. One call serves all requests that wait for it. If it fails after startup, the old
/// value stays in use, and a warning is logged.
///
/// All sources of the program run on one thread, which has its own Tokio runtime. A source must not block this thread: use
/// `tokio::task::spawn_blocking` for calls that block. A read that takes longer than 10 seconds is dropped. A program with a
/// single-threaded runtime waits while the client is built, so the source must not wait for a task of that runtime.
///
/// # Errors
/// Return `Ok(None)` for a key that does not exist. The text of an error is shown at startup and logged later, so it must not contain a
/// secret.
///
/// ```
/// use naftiko_runtime::{SecretSource, SecretValue, layer::BoxError};
/// use std::time::Duration;
///
/// struct Manager;
///
/// impl SecretSource for Manager {
///     async fn get(&self, key: &str) -> Result<Option<SecretValue>, BoxError> {
///         let lease = Duration::from_secs(3600);
///         Ok((key == "weather-key").then(|| SecretValue::new("…").valid_for(lease)))
///     }
/// }
/// ```
pub trait SecretSource: Send + Sync + 'static {
    /// Returns the value of a key; `None` if it does not exist. The key is the name at the source: `weather-key` for
    /// `binds(vault(KEY = "weather-key"))`.
    ///
    /// # Errors
    /// Returns an error if the source cannot be read.
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<SecretValue>, BoxError>> + Send;
}

impl<T: SecretSource> SecretSource for Arc<T> {
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<SecretValue>, BoxError>> + Send {
        T::get(self, key)
    }
}

/// A value of a [`SecretSource`].
#[derive(Clone)]
pub struct SecretValue {
    pub(super) text: SecretString,
    pub(super) lifetime: Option<Duration>,
}

impl SecretValue {
    /// Creates a value without a lifetime: the source is asked for it again only after an API has refused it, or when another value of
    /// the same bind is due.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: SecretString::from(text.into()), lifetime: None }
    }

    /// Sets how long the value is valid from now on. The source is asked again when a fifth of that time is left, at most once a second.
    #[must_use]
    pub fn valid_for(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}

impl From<String> for SecretValue {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for SecretValue {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretValue").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// A [`SecretSource`] as an object.
pub(crate) trait DynSecretSource: Send + Sync {
    fn get(self: Arc<Self>, key: String) -> BoxFuture<'static, Result<Option<SecretValue>, BoxError>>;
}

impl<T: SecretSource> DynSecretSource for T {
    fn get(self: Arc<Self>, key: String) -> BoxFuture<'static, Result<Option<SecretValue>, BoxError>> {
        Box::pin(async move { SecretSource::get(&*self, &key).await })
    }
}
