//! A store in Redis or Valkey, which replicas share.

use super::{Store, StoreFuture};
use crate::error::{Error, ErrorKind, Result};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http::StatusCode;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, FromRedisValue, IntoConnectionInfo, RedisError,
    TlsCertificates,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The time limit for connecting, with the handshakes of TLS and Redis. Until a connection is open, a command fails after this time,
/// or as soon as the server refuses the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The time limit for the answer to a command over an open connection. It is longer, since the server may have run the command.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The Lua script that counts a call that starts now. `KEYS[1]` is a list of the start times of the last calls, in
/// microseconds of the server's clock. `ARGV` is the number of calls, the period in microseconds, and the lifetime of
/// the list in milliseconds. Returns the microseconds to wait; 0 if the call may start.
const ADMIT: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = redis.call('LINDEX', KEYS[1], -1)
if last and tonumber(last) > now then
    -- The clock was set back.
    redis.call('DEL', KEYS[1])
end
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[1]) then
    local free = tonumber(redis.call('LINDEX', KEYS[1], 0)) + tonumber(ARGV[2])
    if free > now then
        return free - now
    end
    redis.call('LPOP', KEYS[1])
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 0
";

/// The longest period of a count, in microseconds: Lua counts exactly up to 2^53.
const LONGEST_PERIOD: u64 = 1 << 50;

/// A store in Redis (6.2 or later) or Valkey (feature `redis`), which the replicas of a capability share.
///
/// All its keys begin with `naftiko:`. A lost connection is reopened by the next command, which fails within a second if the server
/// cannot be reached, or accepts the connection but does not answer. A command over an open connection fails after five seconds
/// without an answer, and the next command opens another connection. A command is never sent twice: if its answer is lost, it fails.
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
    /// The certificate authorities of the server in PEM, instead of the system's.
    ca: Option<Arc<str>>,
    connection: Arc<Mutex<Option<Connecting>>>,
}

/// A connection, or the attempt to open one. Commands that begin during the attempt share it.
type Connecting = Shared<BoxFuture<'static, Result<MultiplexedConnection, RedisError>>>;

impl RedisStore {
    /// Creates a store at a URL: `redis://[user:password@]host[:port][/database]`, or `rediss://…` for TLS, with a certificate
    /// that an authority of the system has issued (see also [`with_ca`](Self::with_ca)). It connects on first use, within a
    /// Tokio runtime.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid.
    pub fn new(url: &str) -> Result<Self> {
        // The URL may contain a password, which a message must not show.
        let invalid = |_| {
            Error::configuration(
                "the URL of the store is not valid: expected `redis://host:6379` or `rediss://host:6379`",
            )
        };
        let info = url.into_connection_info().map_err(invalid)?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            let message = "the certificate of the store is always checked: remove `#insecure` from its URL";
            return Err(Error::configuration(message));
        }
        Ok(Self { info, ca: None, connection: Arc::default() })
    }

    /// Trusts the certificate authorities in a PEM text, instead of the system's, for a store whose certificate was issued by a private CA.
    ///
    /// # Errors
    /// Returns an error if the text contains no usable certificate, or if the URL doesn't begin with `rediss://`.
    pub fn with_ca(self, ca: &str) -> Result<Self> {
        if !self.is_tls() {
            let message = "the store has a certificate authority, but no TLS: use a URL that begins with `rediss://`, or remove the authority";
            return Err(Error::configuration(message));
        }
        let certificates = CertificateDer::pem_slice_iter(ca.as_bytes()).collect::<Result<Vec<_>, _>>();
        if certificates.map_or(true, |certificates| certificates.is_empty()) {
            return Err(Error::configuration(
                "the certificate of the store's authority must be PEM-encoded, with `-----BEGIN CERTIFICATE-----`",
            ));
        }
        let store = Self { ca: Some(ca.into()), connection: Arc::default(), ..self };
        let unusable =
            |error| Error::configuration("the certificate authority of the store cannot be used").because(error);
        store.client().map_err(unusable)?;
        Ok(store)
    }

    fn is_tls(&self) -> bool {
        matches!(self.info.addr(), ConnectionAddr::TcpTls { .. })
    }

    fn client(&self) -> Result<Client, RedisError> {
        if self.is_tls() && CryptoProvider::get_default().is_none() {
            // The Redis client uses the crypto provider of the process. If none is set and several are compiled in, the client
            // panics. If another thread sets a provider first, that provider is used.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        match &self.ca {
            Some(ca) => {
                let certificates = TlsCertificates { client_tls: None, root_cert: Some(ca.as_bytes().to_vec()) };
                Client::build_with_tls(self.info.clone(), certificates)
            }
            None => Client::open(self.info.clone()),
        }
    }

    /// Returns the connection. If there is none, or the last attempt has failed, begins another attempt.
    fn connection(&self) -> Result<Connecting, RedisError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = connection.as_ref().filter(|current| !matches!(current.peek(), Some(Err(_)))) {
            return Ok(current.clone());
        }
        let client = self.client()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let opened = async move { client.get_multiplexed_async_connection_with_config(&config).await };
        let opened = opened.boxed().shared();
        *connection = Some(opened.clone());
        drop(connection);
        // A command may be dropped before the connection is open, and the next one needs it.
        tokio::spawn(opened.clone());
        Ok(opened)
    }

    /// Drops a connection that has failed, unless it has been replaced.
    fn disconnect(&self, unusable: &Connecting) {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        connection.take_if(|current| current.ptr_eq(unusable));
    }

    async fn query<T: FromRedisValue>(&self, command: Cmd) -> Result<T> {
        let connecting = self.connection().map_err(unusable)?;
        let mut connection = connecting.clone().await.map_err(unusable)?;
        let answer = command.query_async(&mut connection).await;
        if let Err(error) = &answer
            && (error.is_io_error() || error.is_unrecoverable_error())
        {
            self.disconnect(&connecting);
        }
        answer.map_err(unusable)
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
        // The answer is `OK`, or nil if the key already has a value.
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

    fn admit<'a>(&'a self, key: &'a str, calls: u16, per: Duration) -> StoreFuture<'a, Option<Duration>> {
        let command = admit(ADMIT, key, calls, per);
        Box::pin(async move {
            let wait: u64 = self.query(command).await?;
            Ok((wait > 0).then(|| Duration::from_micros(wait)))
        })
    }
}

/// Returns the command that counts the start of a call.
fn admit(script: &str, key: &str, calls: u16, per: Duration) -> Cmd {
    let per = u64::try_from(per.as_micros()).unwrap_or(u64::MAX).min(LONGEST_PERIOD);
    let mut command = redis::cmd("EVAL");
    // The list lives a second longer than the period, since its lifetime is rounded down to milliseconds.
    command.arg(script).arg(1).arg(key).arg(calls).arg(per).arg(per / 1_000 + 1_000);
    command
}

/// Leaves out the address, which may contain a password.
impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

fn unusable(error: RedisError) -> Error {
    let message = "the store of this server cannot be used; try again later";
    Error::of(ErrorKind::Unreachable, StatusCode::SERVICE_UNAVAILABLE, message).because(error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

    use super::*;
    use futures_util::future::join;
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::{Instant, pause, resume};

    /// Returns how long a call that arrives at `now` has to wait, and counts it if it may start.
    fn simulated(starts: &mut Vec<u64>, now: u64, calls: usize, per: u64) -> u64 {
        if starts.last().is_some_and(|last| *last > now) {
            starts.clear();
        }
        let free = starts.len().checked_sub(calls).map_or(now, |at| starts[at] + per);
        if free > now {
            return free - now;
        }
        starts.push(now);
        0
    }

    #[test]
    fn the_url_of_a_store_may_ask_for_tls() {
        let ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let of = |url: &str, ca: Option<&str>| {
            let store = RedisStore::new(url)?;
            ca.map_or(Ok(store.clone()), |ca| store.with_ca(ca))
        };
        for (url, ca, expected) in [
            ("rediss://:s3cret@redis.internal", None, None),
            ("rediss://:s3cret@redis.internal:6380/1", None, None),
            ("rediss://:s3cret@redis.internal/#insecure", None, Some("is always checked")),
            ("http://:s3cret@redis.internal", None, Some("expected `redis://host:6379` or `rediss://host:6379`")),
            ("redis://:s3cret@redis.internal", Some(ca), Some("use a URL that begins with `rediss://`")),
            ("rediss://:s3cret@redis.internal", Some("s3cret"), Some("must be PEM-encoded")),
            ("rediss://:s3cret@redis.internal", Some(ca), Some("cannot be used")),
        ] {
            let made = of(url, ca);
            let shown = format!("{made:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
            match (made, expected) {
                (Ok(_), None) => {}
                (Err(error), Some(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (made, expected) => panic!("{url}: {made:?}, expected {expected:?}"),
            }
        }
    }

    /// Starts a fake Redis server without values, which closes its first `first` connections. Returns a store that uses
    /// the server, and the number of connections so far.
    async fn closing(first: usize) -> (RedisStore, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                if counted.fetch_add(1, Ordering::Relaxed) >= first {
                    tokio::spawn(answer(connection));
                }
            }
        });
        (RedisStore::new(&url).unwrap(), count)
    }

    /// Answers each command with nil, except `GETDEL`, which ends the connection, and `SET`, which is never answered.
    async fn answer(mut connection: TcpStream) {
        let (input, mut output) = connection.split();
        let mut lines = BufReader::new(input).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            // The number of the words, each of which has a line with its length.
            let count: usize = line.strip_prefix('*').unwrap().parse().unwrap();
            let mut words = Vec::new();
            for _ in 0..2 * count {
                words.push(lines.next_line().await.unwrap().unwrap());
            }
            match words[1].as_str() {
                "GETDEL" => return,
                "SET" => {}
                _ => output.write_all(b"$-1\r\n").await.unwrap(),
            }
        }
    }

    #[tokio::test]
    async fn a_command_fails_with_its_first_attempt_to_connect_and_the_next_one_connects_again() {
        let (store, connections) = closing(2).await;
        for attempts in [1, 2] {
            let error = store.get("k").await.unwrap_err();
            assert_eq!(error.to_string(), "the store of this server cannot be used; try again later");
            assert_eq!(connections.load(Ordering::Relaxed), attempts);
        }
        // The server is back, and both commands share one connection.
        let (one, other) = join(store.get("k"), store.get("k")).await;
        assert_eq!((one.unwrap(), other.unwrap(), store.get("k").await.unwrap()), (None, None, None));
        assert_eq!(connections.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_command_is_sent_once_even_if_its_answer_is_lost() {
        let (store, connections) = closing(0).await;
        assert!(store.take("k").await.is_err());
        assert_eq!(connections.load(Ordering::Relaxed), 1);
        assert_eq!((store.get("k").await.unwrap(), connections.load(Ordering::Relaxed)), (None, 2));
    }

    /// Returns how long a command takes to fail, in simulated time, if the server does not answer.
    async fn failing<T: fmt::Debug>(command: impl Future<Output = Result<T>>) -> Duration {
        let begun = Instant::now();
        assert_eq!(command.await.unwrap_err().kind(), ErrorKind::Unreachable);
        begun.elapsed()
    }

    #[tokio::test]
    async fn an_attempt_that_hangs_fails_soon_for_all_commands_and_the_next_command_begins_another_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store = RedisStore::new(&format!("redis://:secret@{}/1", listener.local_addr().unwrap())).unwrap();
        for _ in 0..2 {
            let one = tokio::spawn({
                let store = store.clone();
                async move { store.get("k").await }
            });
            // The handshake has begun, and is never answered.
            let (mut silent, _) = listener.accept().await.unwrap();
            silent.read_u8().await.unwrap();
            pause();
            let (one, other) = join(failing(async { one.await.unwrap() }), failing(store.get("k"))).await;
            assert!(one.max(other) < Duration::from_secs(2), "{one:?}, {other:?}");
            resume();
        }
        assert!(listener.accept().now_or_never().is_none(), "a command has not shared the attempt");
    }

    #[tokio::test]
    async fn a_connection_whose_server_stops_answering_is_replaced() {
        let (store, connections) = closing(0).await;
        assert_eq!(store.get("k").await.unwrap(), None);
        pause();
        let put = || store.put("k", Vec::new(), Duration::from_secs(1));
        let (one, other) = join(failing(put()), failing(put())).await;
        assert!(one.max(other) < Duration::from_secs(6), "{one:?}, {other:?}");
        resume();
        assert_eq!((store.get("k").await.unwrap(), connections.load(Ordering::Relaxed)), (None, 2));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        #[ignore = "needs a Redis server: bash .ci/run redis"]
        fn the_script_counts_as_the_model(
            steps in prop::collection::vec((0..2_000_000_u64, prop::bool::weighted(0.03)), 1..60),
            calls in 1..8_u16,
            per in 1..5_000_000_u64,
        ) {
            let url = std::env::var("NAFTIKO_TEST_REDIS").expect("set NAFTIKO_TEST_REDIS to the URL of a Redis server");
            let mut redis = redis::Client::open(url).unwrap().get_connection().unwrap();
            let key = format!("naftiko:test:rate:{}", std::process::id());
            let _: () = redis::cmd("DEL").arg(&key).query(&mut redis).unwrap();
            // The clock of the test instead of the server's.
            let script = ADMIT.replace("redis.call('TIME')", "{ARGV[4], ARGV[5]}");
            let (mut starts, mut now) = (Vec::new(), 1_700_000_000_000_000_u64);
            for (step, is_back) in steps {
                now = if is_back { now - step } else { now + step };
                let mut command = admit(&script, &key, calls, Duration::from_micros(per));
                command.arg(now / 1_000_000).arg(now % 1_000_000);
                let wait: u64 = command.query(&mut redis).unwrap();
                prop_assert_eq!(wait, simulated(&mut starts, now, calls.into(), per));
            }
            let lifetime: i64 = redis::cmd("PTTL").arg(&key).query(&mut redis).unwrap();
            prop_assert!(lifetime > 0 && lifetime <= 6_000, "{lifetime}");
        }
    }
}
