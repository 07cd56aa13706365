//! `RedisStore` over TLS, with a server certificate that a private authority has issued.

use crate::tls::Authority;
use naftiko::store::{RedisStore, Store};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PASSWORD: &str = "s3cret-of-the-redis";

/// A redis-server that only accepts TLS. It is killed when it is dropped.
struct Server {
    process: Child,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Starts the server with a certificate of `authority` for `localhost`.
    fn start(authority: &Authority) -> Self {
        let folder = std::env::temp_dir().join(format!("naftiko-redis-tls-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = authority.issues("localhost");
        let file = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (certificate, key) = (file("redis.crt", &certificate), file("redis.key", &key));
        let ca = file("ca.crt", &authority.pem());
        // The port is free again when Redis begins to listen.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new("redis-server");
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        command.args(["--bind", "127.0.0.1", "--port", "0", "--tls-port", &port.to_string()]);
        command.args(["--tls-cert-file", &path(&certificate), "--tls-key-file", &path(&key)]);
        command.args(["--tls-ca-cert-file", &path(&ca), "--tls-auth-clients", "no", "--requirepass", PASSWORD]);
        command.args(["--save", "", "--appendonly", "no", "--dir", &path(&folder)]);
        let process = command.stdout(Stdio::null()).spawn().unwrap();
        Self { process, folder, url: format!("rediss://:{PASSWORD}@localhost:{port}") }
    }

    /// Waits until the server answers.
    async fn reached(&mut self, store: &RedisStore) {
        while store.get("naftiko:test:tls").await.is_err() {
            assert!(self.process.try_wait().unwrap().is_none(), "redis-server has ended");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
#[ignore = "needs a redis-server: bash .ci/run redis"]
async fn a_redis_with_tls_is_used_only_by_stores_that_trust_its_authority() {
    let authority = Authority::new();
    let mut server = Server::start(&authority);
    let store = |ca: &Authority| RedisStore::new(&server.url).unwrap().with_ca(&ca.pem()).unwrap();
    let (trusting, mistaken) = (store(&authority), store(&Authority::new()));
    let of_the_system = RedisStore::new(&server.url).unwrap();
    server.reached(&trusting).await;
    let (key, minute) = ("naftiko:test:tls:value", Duration::from_secs(60));
    trusting.put(key, b"kept".to_vec(), minute).await.unwrap();
    assert_eq!(trusting.get(key).await.unwrap(), Some(b"kept".to_vec()));
    assert_eq!(trusting.take(key).await.unwrap(), Some(b"kept".to_vec()));
    for (whose, store) in [("another authority", mistaken), ("the system", of_the_system)] {
        let error = store.get(key).await.expect_err(whose);
        let mut shown = format!("{error:?} {error} {store:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            shown = format!("{shown} {inner:?} {inner}");
            cause = inner.source();
        }
        assert!(!shown.contains(PASSWORD), "{shown}");
        assert!(shown.contains("invalid peer certificate"), "{whose}: {shown}");
    }
}
