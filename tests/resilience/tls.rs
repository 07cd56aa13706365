//! TLS: servers with certificates of a private authority, and servers that ask the client for its certificate.

use super::reopened;
use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Upstream};
use naftiko::{Capability, ErrorKind, Result, capability};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::json;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Pays.
#[capability(
    binds(env(CA, CERT, KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}"),
        resilience(retry(2, backoff = "1ms")),
    ),
    exposes(rest(port = 1))
)]
pub trait Payments {
    /// Counts the payments.
    #[get("/count")]
    async fn count(&self) -> Result<u64>;
}

/// Counts behind a private authority, without a client certificate.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Counted {
    /// Counts.
    #[get("/count")]
    async fn count(&self) -> Result<u64>;
}

/// A certificate authority.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Issues a certificate for a name; returns it with its key.
    pub(super) fn issues(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

/// Puts TLS in front of an API; if `clients` is set, callers need a certificate of that authority. Returns the URL.
async fn serves(upstream: &Upstream, own: &Authority, clients: Option<&Authority>) -> String {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(clients) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(clients.pem().as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let (certificate, key) = own.issues("localhost");
    let certificates = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(certificates, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let behind = upstream.url().strip_prefix("http://").unwrap().to_owned();
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
    url
}

/// Returns the capability of the trait, and the capability of its document.
fn both(url: &str, binds: &[(&str, &str)]) -> [Capability; 2] {
    let builder = PaymentsClient::builder().base_uri(url);
    let builder = binds.iter().fold(builder, |builder, (name, value)| builder.bind(*name, *value));
    let capability = builder.build().unwrap().into_capability();
    let settings = binds.iter().fold(Settings::default(), |settings, (name, value)| settings.bind(*name, *value));
    let settings = settings.upstream("api", url);
    let document = reopened(&capability, settings);
    [capability, document]
}

#[tokio::test]
async fn a_client_shows_its_certificate_to_a_server_of_a_private_authority() {
    let (upstream, authority) = (Upstream::start().await, Authority::new());
    upstream.answer("GET", "/count", Answer::json(200, json!(7)));
    let url = serves(&upstream, &authority, Some(&authority)).await;
    let (certificate, key) = authority.issues("client");
    for capability in both(&url, &[("CA", &authority.pem()), ("CERT", &certificate), ("KEY", &key)]) {
        assert_eq!(capability.call("count", json!({})).await.unwrap(), json!(7));
    }
    // Environment files have line breaks as `\n`.
    let [ca, certificate, key] = [authority.pem(), certificate, key].map(|pem| pem.replace('\n', "\\n"));
    let capability = both(&url, &[("CA", &ca), ("CERT", &certificate), ("KEY", &key)])[0].clone();
    assert_eq!(capability.call("count", json!({})).await.unwrap(), json!(7));
}

#[tokio::test]
async fn the_certificates_of_a_document_can_be_files() {
    let (upstream, authority) = (Upstream::start().await, Authority::new());
    upstream.answer("GET", "/count", Answer::json(200, json!(7)));
    let url = serves(&upstream, &authority, Some(&authority)).await;
    let folder = std::env::temp_dir().join(format!("naftiko-tls-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("client")).unwrap();
    let (certificate, key) = authority.issues("client");
    for (name, text) in [("ca.crt", authority.pem()), ("tls.crt", certificate), ("tls.key", key)] {
        std::fs::write(folder.join("client").join(name), text).unwrap();
    }
    let document = r#"
naftiko: "1.0.0-alpha2"
info: { label: Payments, description: Counts payments. }
binds:
- { namespace: client, location: "file://client", keys: { CA: ca.crt, CERT: tls.crt, KEY: tls.key } }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: https://api.acme.io
    tls: { ca: "{{client.CA}}", certificate: "{{client.CERT}}", key: "{{client.KEY}}" }
    resources:
    - { name: count, path: /count, operations: [{ name: count, method: GET }] }
  exposes:
  - type: mcp
    transport: http
    port: 1
    namespace: tools
    tools:
    - { name: count, description: Counts the payments., call: api.count }
"#;
    let loaded = load(document, &Policy::default()).unwrap();
    let settings = Settings::default().folder(&folder).upstream("api", url);
    let capability = naftiko::document::capability(loaded.document, loaded.lowered, settings);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(capability.unwrap().call("count", json!({})).await.unwrap(), json!(7));
}

#[tokio::test]
async fn without_the_right_certificates_nothing_is_answered() {
    let (upstream, authority, other) = (Upstream::start().await, Authority::new(), Authority::new());
    upstream.answer("GET", "/count", Answer::json(200, json!(7)));
    // The client's certificate is from another authority.
    let url = serves(&upstream, &authority, Some(&authority)).await;
    let (certificate, key) = other.issues("client");
    for capability in both(&url, &[("CA", &authority.pem()), ("CERT", &certificate), ("KEY", &key)]) {
        let error = capability.call("count", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Credential, "{error:?}");
        assert!(
            error
                .to_string()
                .contains("`api` refused the client certificate, or requires one: check `certificate` and `key`"),
            "{error}"
        );
    }
    // The server's certificate is from an authority that the client does not trust.
    let counted = |ca: &Authority| CountedClient::builder().base_uri(&url).bind("CA", ca.pem()).build().unwrap();
    let error = counted(&other).count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("its certificate is not trusted; if it was issued by a private CA"), "{error}");
    // The client has no certificate.
    let error = counted(&authority).count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Credential, "{error:?}");
    assert!(error.to_string().contains("`api` requires a client certificate: set `certificate` and `key`"), "{error}");
    assert!(upstream.requests().is_empty());
    // The server asks for no certificate.
    let url = serves(&upstream, &authority, None).await;
    let client = CountedClient::builder().base_uri(url).bind("CA", authority.pem()).build().unwrap();
    assert_eq!(client.count().await.unwrap(), 7);
}

#[tokio::test]
async fn an_invalid_certificate_or_key_is_reported_at_start() {
    let authority = Authority::new();
    let (certificate, key) = authority.issues("client");
    let (_, other) = authority.issues("client");
    for (ca, certificate, key, expected) in [
        ("s3cret", certificate.as_str(), key.as_str(), "the certificate of the authority must be PEM-encoded"),
        (&authority.pem(), "s3cret", &key, "the client certificate must be PEM-encoded"),
        (&authority.pem(), &certificate, "s3cret", "the private key must be PEM-encoded and unencrypted"),
        (&authority.pem(), &certificate, &other, "or does not match the client certificate"),
    ] {
        let builder = PaymentsClient::builder().bind("CA", ca).bind("CERT", certificate).bind("KEY", key);
        let error = builder.build().err().unwrap().to_string();
        assert!(error.contains(expected) && error.contains("`api`") && !error.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_dry_run_needs_no_certificates_and_a_missing_one_is_not_called_invalid() {
    let error = PaymentsClient::builder().build().err().unwrap().to_string();
    assert!(error.contains("CA is not set") && !error.contains("in PEM"), "{error}");
    let capability = CountedClient::builder().bind("CA", Authority::new().pem()).build().unwrap().into_capability();
    let document = capability.document().to_yaml().unwrap();
    let loaded = load(&document, &Policy { strict: true, ..Policy::default() }).unwrap();
    let record = naftiko::document::DryRun::default();
    let settings = Settings::default().dry_run(record.clone());
    let rehearsed = naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap();
    assert!(rehearsed.call("count", json!({})).await.is_err());
    assert_eq!(record.requests().len(), 1);
}
