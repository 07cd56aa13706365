//! Client certificates against nginx. `bash .ci/run nginx` installs nginx and runs the test.

use super::tls::Authority;
use naftiko::{ErrorKind, Result, capability};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tokio::net::{TcpListener, UnixStream};

/// Returns who calls.
#[capability(
    binds(env(CA, CERT, KEY)),
    consumes(
        namespace = "api",
        base_uri = "https://api.acme.io",
        tls(ca = "{{env.CA}}", certificate = "{{env.CERT}}", key = "{{env.KEY}}"),
    ),
    exposes(rest(port = 1))
)]
pub trait Who {
    /// Returns the name in the client certificate.
    #[get("/who")]
    async fn who(&self) -> Result<String>;
}

/// Asks without a certificate.
#[capability(
    binds(env(CA)),
    consumes(namespace = "api", base_uri = "https://api.acme.io", tls(ca = "{{env.CA}}")),
    exposes(rest(port = 1))
)]
pub trait Nobody {
    /// Returns the name in the client certificate.
    #[get("/who")]
    async fn who(&self) -> Result<String>;
}

/// A running nginx, which requires client certificates, and its folder.
struct Nginx(Child, PathBuf);

impl Nginx {
    fn start(authority: &Authority) -> Self {
        let folder = std::env::temp_dir().join(format!("naftiko-nginx-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (certificate, key) = authority.issues("localhost");
        for (name, text) in [("ca.pem", authority.pem()), ("server.pem", certificate), ("server.key", key)] {
            fs::write(folder.join(name), text).unwrap();
        }
        let at = folder.display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {at}/{name};")).join("\n");
        let configuration = format!(
            "daemon off; master_process off; pid {at}/pid; error_log stderr notice;
             events {{}}
             http {{
                 access_log off;
                 {temporary}
                 server {{
                     listen unix:{at}/socket ssl;
                     ssl_certificate {at}/server.pem; ssl_certificate_key {at}/server.key;
                     ssl_client_certificate {at}/ca.pem; ssl_verify_client on;
                     location / {{ default_type application/json; return 200 '\"$ssl_client_s_dn\"'; }}
                 }}
             }}"
        );
        fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.arg("-c").arg(folder.join("nginx.conf")).stderr(Stdio::piped());
        let mut nginx = Self(nginx.spawn().expect("nginx is not installed: run `bash .ci/run nginx`"), folder);
        let mut lines = BufReader::new(nginx.0.stderr.take().unwrap()).lines().map_while(std::result::Result::ok);
        // nginx logs its version once it listens.
        let is_up = |line: &String| line.contains("[notice]") && line.contains("nginx/");
        assert!(lines.any(|line| is_up(&line)), "nginx has not started: see `nginx -t`");
        std::thread::spawn(move || lines.for_each(drop));
        nginx
    }

    /// Listens on a port, and passes connections on to nginx; returns the URL.
    async fn url(&self) -> String {
        let (listener, socket) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), self.1.join("socket"));
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        tokio::spawn(async move {
            while let Ok((mut outside, _)) = listener.accept().await {
                let mut inside = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(async move { drop(tokio::io::copy_bidirectional(&mut outside, &mut inside).await) });
            }
        });
        url
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop((self.0.kill(), self.0.wait(), fs::remove_dir_all(&self.1)));
    }
}

#[tokio::test]
#[ignore = "needs nginx: `bash .ci/run nginx`"]
async fn nginx_sees_the_client_certificate() {
    let (authority, other) = (Authority::new(), Authority::new());
    let nginx = Nginx::start(&authority);
    let url = nginx.url().await;
    let client = |issuer: &Authority| {
        let (certificate, key) = issuer.issues("payments");
        let builder = WhoClient::builder().base_uri(&url).bind("CA", authority.pem());
        builder.bind("CERT", certificate).bind("KEY", key).build().unwrap()
    };
    assert_eq!(client(&authority).who().await.unwrap(), "CN=payments");
    // nginx completes the handshake, and refuses the request.
    let refused = client(&other).who().await.unwrap_err();
    assert_eq!((refused.kind(), refused.status().as_u16()), (ErrorKind::Upstream, 400), "{refused:?}");
    let nobody = NobodyClient::builder().base_uri(&url).bind("CA", authority.pem()).build().unwrap();
    let refused = nobody.who().await.unwrap_err();
    assert_eq!((refused.kind(), refused.status().as_u16()), (ErrorKind::Upstream, 400), "{refused:?}");
    let unknown = NobodyClient::builder().base_uri(&url).bind("CA", other.pem()).build().unwrap();
    assert_eq!(unknown.who().await.unwrap_err().kind(), ErrorKind::Unreachable);
}
