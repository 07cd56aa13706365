//! The export of spans over TLS: to a collector whose certificate was issued by a private CA, and to one that asks for a client certificate.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, unreachable_pub, dead_code, reason = "tests")]

mod common;

use common::Served;
use naftiko::testing::{Answer, Upstream};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const SECRET: &str = "k3y-of-the-shop";
const UNSENT: &str = "spans cannot be sent to the collector";
const GENERAL: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
const FOR_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE";
const CLIENT: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
const TRACES_KEY: &str = "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY";

/// A collector behind TLS.
struct Collector {
    received: Upstream,
    url: String,
    /// The certificate of its authority, in PEM.
    authority: String,
    /// A client certificate of that authority, and its private key, in PEM.
    client: (String, String),
}

impl Collector {
    async fn start() -> Self {
        Self::with_clients(false).await
    }

    /// Starts a collector. If `required`, its clients need a certificate of its authority.
    async fn with_clients(required: bool) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), aws_lc_rs::default_provider().into());
        let config = if required {
            config.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        let client_key = KeyPair::generate().unwrap();
        let client = CertificateParams::new(Vec::new()).unwrap().signed_by(&client_key, &authority).unwrap();
        let client = (client.pem(), client_key.serialize_pem());
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![own.der().clone()], key).unwrap()));
        let received = Upstream::start().await;
        received.answer("POST", "/v1/traces", Answer::status(200));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let behind = received.url().strip_prefix("http://").unwrap().to_owned();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (acceptor, behind) = (acceptor.clone(), behind.clone());
                tokio::spawn(async move {
                    let Ok(mut outside) = acceptor.accept(connection).await else { return };
                    let mut inside = TcpStream::connect(behind).await.unwrap();
                    drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await);
                });
            }
        });
        Self { received, url, authority: authority.pem(), client }
    }
}

/// Writes this text to a new file, and returns the file's path.
fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path
}

fn command(collector: &str, variables: &[(&str, &PathBuf)]) -> Command {
    let mut command: Command = common::command(env!("CARGO_BIN_EXE_measured"));
    command.arg("serve").env("SHOP_KEY", SECRET).env("OTEL_EXPORTER_OTLP_ENDPOINT", collector);
    for variable in [GENERAL, FOR_TRACES, CLIENT, CLIENT_KEY, TRACES_KEY] {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    command
}

/// Calls the program several times, and ends it. Returns its log.
async fn log_of_calls(collector: &Collector, variables: &[(&str, &PathBuf)]) -> String {
    let upstream = Upstream::start().await;
    upstream.answer("GET", "/stock", Answer::json(200, json!("7")));
    let mut command = command(&collector.url, variables);
    // Each span is exported alone.
    command.args(["--upstream", &format!("shop={}", upstream.url())]).env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1");
    let program = Served::start(command, 2);
    for _ in 0..3 {
        let url = format!("{}/stock", program.url("shop-rest"));
        assert_eq!(reqwest::get(url).await.unwrap().status(), 200);
    }
    program.signal("TERM");
    let (status, _, log) = tokio::task::spawn_blocking(|| program.wait()).await.unwrap();
    assert!(status.success(), "{log}");
    log
}

#[tokio::test]
async fn spans_reach_a_collector_behind_a_private_authority() {
    let (collector, other) = (Collector::start().await, Collector::start().await);
    let (own, other) = (file("own", &collector.authority), file("other", &other.authority));
    let log = log_of_calls(&collector, &[(GENERAL, &own)]).await;
    assert!(!log.contains(UNSENT), "{log}");
    // The span of each call, and the span of its request to the API.
    assert_eq!(collector.received.requests().len(), 6);
    // The variable for traces takes precedence.
    let log = log_of_calls(&collector, &[(GENERAL, &other), (FOR_TRACES, &own)]).await;
    assert!(!log.contains(UNSENT), "{log}");
    assert_eq!(collector.received.requests().len(), 12);
}

#[tokio::test]
async fn a_collector_that_asks_for_a_client_certificate_gets_it() {
    let collector = Collector::with_clients(true).await;
    let (authority, certificate) = (file("ca", &collector.authority), file("client", &collector.client.0));
    let key = file("key", &collector.client.1);
    let log = log_of_calls(&collector, &[(GENERAL, &authority)]).await;
    assert!(log.contains(UNSENT) && collector.received.requests().is_empty(), "{log}");
    let log = log_of_calls(&collector, &[(GENERAL, &authority), (CLIENT, &certificate), (CLIENT_KEY, &key)]).await;
    assert!(!log.contains(UNSENT), "{log}");
    assert_eq!(collector.received.requests().len(), 6);
}

#[tokio::test]
async fn a_collector_with_an_unknown_authority_is_logged_once_and_calls_are_answered() {
    let (collector, other) = (Collector::start().await, Collector::start().await);
    let other = file("another", &other.authority);
    for variables in [&[][..], &[(GENERAL, &other)]] {
        let log = log_of_calls(&collector, variables).await;
        let mut lines = log.lines().filter(|line| line.contains(UNSENT));
        let line = lines.next().unwrap_or_else(|| panic!("{log}"));
        let why =
            "its certificate is not trusted; if it was issued by a private CA, set OTEL_EXPORTER_OTLP_CERTIFICATE";
        assert!(line.contains("WARN") && line.contains(why), "{line}");
        assert_eq!(lines.next(), None, "{log}");
        assert_eq!(collector.received.requests().len(), 0);
    }
}

#[test]
fn a_certificate_that_cannot_be_used_ends_the_program() {
    let empty = file("empty", "");
    for (variable, path, why) in [
        (
            GENERAL,
            &empty,
            "the certificate of the authority must be PEM-encoded, with `-----BEGIN CERTIFICATE-----`".to_owned(),
        ),
        (
            FOR_TRACES,
            &PathBuf::from("no/such.pem"),
            "cannot read `no/such.pem`: No such file or directory (os error 2)".to_owned(),
        ),
        (CLIENT, &empty, format!("set {CLIENT_KEY} to the file of its private key as well")),
        (CLIENT_KEY, &empty, format!("set {CLIENT} to the file of its certificate as well")),
    ] {
        let output = command("https://localhost:4318", &[(variable, path)]).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("Error: {variable}: {why}\n"));
    }
}

#[test]
fn a_client_certificate_without_a_usable_key_ends_the_program() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let (certificate, key) = (file("certificate", &certificate.pem()), file("usable-key", &key.serialize_pem()));
    let empty = file("nothing", "");
    for (certificate, variable, key, why) in [
        (&certificate, TRACES_KEY, &empty, "the private key must be PEM-encoded and unencrypted"),
        (&empty, CLIENT_KEY, &key, "the client certificate must be PEM-encoded, with `-----BEGIN CERTIFICATE-----`"),
    ] {
        let output = command("https://localhost:4318", &[(CLIENT, certificate), (variable, key)]).output().unwrap();
        assert!(!output.status.success());
        assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("Error: {CLIENT}, {variable}: {why}\n"));
    }
}
