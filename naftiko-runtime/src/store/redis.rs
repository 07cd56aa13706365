//! A store in Redis or Valkey, which replicas share.

use super::{Store, StoreFuture};
use crate::error::{Error, ErrorKind, Result};
use http::StatusCode;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Cmd, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisError};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The time limit for connecting, and for the answer to a command.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum delay before the next attempt to connect.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// A store in Redis (6.2 or later) or Valkey (feature `redis`), which the replicas of a capability share.
///
/// All its keys begin with `naftiko:`. A lost connection is reopened. A command is never sent twice: if its answer is
/// lost, the call that needed it is refused.
///
/// ```no_run
/// use naftiko_runtime::store::RedisStore;
/// use naftiko_runtime::{Capability, Result};
///
/// # fn main() {}
/// fn shared(capability: Capability) -> Result<Capability> {
///     Ok(capability.with_store(RedisStore::new("redis://redis.internal:6379/0")?))
/// }
/// ```
#[derive(Clone)]
pub struct RedisStore {
    info: ConnectionInfo,
    connection: Arc<OnceLock<ConnectionManager>>,
}

impl RedisStore {
    /// Creates a store at a URL: `redis://[user:password@]host[:port][/database]`. It connects on first use, within a Tokio
    /// runtime. TLS is not supported: use a TLS proxy on this machine, or implement [`Store`].
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn new(url: &str) -> Result<Self> {
        // The URL may contain a password, which a message must not show.
        let invalid = |_| Error::configuration("the URL of the store is not valid: expected `redis://host:6379`");
        let info = url.into_connection_info().map_err(invalid)?;
        Ok(Self { info, connection: Arc::default() })
    }

    fn connection(&self) -> Result<ConnectionManager> {
        if let Some(connection) = self.connection.get() {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_max_delay(MAX_DELAY);
        let client = redis::Client::open(self.info.clone()).map_err(unusable)?;
        let connection = client.get_connection_manager_lazy(config).map_err(unusable)?;
        Ok(self.connection.get_or_init(|| connection).clone())
    }

    async fn query<T: FromRedisValue>(&self, command: Cmd) -> Result<T> {
        let mut connection = self.connection()?;
        command.query_async(&mut connection).await.map_err(unusable)
    }
}

impl Store for RedisStore {
    fn get<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let mut command = redis::cmd("GET");
        command.arg(key);
        Box::pin(self.query(command))
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, bool> {
        let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("NX").arg("PX").arg(milliseconds);
        // The answer is `OK`, or nil if there is a value.
        Box::pin(async move { Ok(self.query::<Option<String>>(command).await?.is_some()) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'a, ()> {
        let milliseconds = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut command = redis::cmd("SET");
        command.arg(key).arg(value).arg("PX").arg(milliseconds);
        Box::pin(self.query(command))
    }

    fn take<'a>(&'a self, key: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let mut command = redis::cmd("GETDEL");
        command.arg(key);
        Box::pin(self.query(command))
    }
}

/// Leaves out the address, which may contain a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

fn unusable(error: RedisError) -> Error {
    let message = "the store of this server cannot be reached; try again later";
    Error::of(ErrorKind::Unreachable, StatusCode::SERVICE_UNAVAILABLE, message).because(error)
}
