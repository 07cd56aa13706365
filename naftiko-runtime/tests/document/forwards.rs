//! Forwarded requests.

use crate::support::{capability, indented, serve, upstream, yaml};
use naftiko_runtime::testing::Answer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn document() -> String {
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - path: /proxy
    forward: { targetNamespace: api, trustedHeaders: [X-Trace] }
  - path: '/proxy/{id}'
    operations:
    - { method: GET, call: api.get }
";
    let resources = "- name: r\n  path: '/own/{id}'\n  operations:\n  - name: get\n    method: GET\n    inputParameters: [{ name: id, in: path }]\n";
    yaml("authentication: { type: apikey, key: X-Key, value: own-s3cret, placement: header }", resources, exposes)
}

#[tokio::test]
async fn a_request_is_forwarded_with_trusted_headers() {
    let upstream = upstream(&[("GET", "/own/{id}")]).await;
    upstream.answer("POST", "/a%20b/c", Answer::of(201, "text/csv", "a,b"));
    upstream.answer("DELETE", "/", Answer::status(204));
    upstream.answer("PUT", "/x/y", Answer::status(404));
    let url = serve(&capability(&document(), &upstream)).await;
    let client = reqwest::Client::new();
    let request = client
        .post(format!("{url}/proxy/a%20b/c?q=1%202&r"))
        .header("x-trace", "t-1")
        .header("x-other", "no")
        .header("authorization", "Bearer theirs")
        .header("content-type", "text/plain")
        .body("hello");
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (201, "text/csv"));
    assert_eq!(answer.text().await.unwrap(), "a,b");
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.path_and_query, "/a%20b/c?q=1%202&r");
    assert_eq!(
        (seen.header("x-trace"), seen.header("x-other"), seen.header("authorization")),
        (Some("t-1"), None, None)
    );
    assert_eq!((seen.header("x-key"), seen.header("content-type")), (Some("own-s3cret"), Some("text/plain")));
    assert_eq!(seen.body, "hello");
    assert_eq!(client.delete(format!("{url}/proxy/")).send().await.unwrap().status(), 204);
    // Other routes take precedence.
    assert_eq!(reqwest::get(format!("{url}/proxy/7")).await.unwrap().status(), 200);
    assert_eq!(upstream.requests().pop().unwrap().path(), "/own/7");
    let missing = client.put(format!("{url}/proxy/x/y")).send().await.unwrap();
    assert_eq!(missing.headers()["content-type"], "application/problem+json");
    assert_eq!(missing.status(), 404);
}

#[tokio::test]
async fn constants_of_the_api_are_added_to_forwarded_requests() {
    let constants = "\ninputParameters:\n- { name: X-Version, in: header, value: '2' }\n- { name: v, in: query, value: '1' }\n- { name: consent, in: cookie, value: 'yes' }\n";
    let upstream = upstream(&[("GET", "/a/b")]).await;
    for (placement, cookie) in [("header", "consent=yes"), ("cookie", "X-Key=own-s3cret; consent=yes")] {
        let yaml = document()
            .replace("    authentication:", &format!("{}    authentication:", indented(constants, 4)))
            .replace("placement: header", &format!("placement: {placement}"))
            .replace("[X-Trace]", "[Cookie]");
        let url = serve(&capability(&yaml, &upstream)).await;
        let client = reqwest::Client::new();
        client.get(format!("{url}/proxy/a/b?q=1")).header("cookie", "consent=no").send().await.unwrap();
        let seen = upstream.requests().pop().unwrap();
        assert_eq!((seen.header("x-version"), seen.header("cookie")), (Some("2"), Some(cookie)));
        assert_eq!(seen.query(), Some("q=1&v=1"));
    }
}

#[tokio::test]
async fn everything_below_the_path_is_forwarded_whatever_its_wildcard() {
    let upstream = upstream(&[("GET", "/a/b")]).await;
    for path in ["/p", "/p/*", "/p/**", "/p/*rest", "/p/:path*", "/p/:id/x", "'/p/{id}'", "'/p/{+rest}'"] {
        let url =
            serve(&capability(&document().replace("path: /proxy\n", &format!("path: {path}\n")), &upstream)).await;
        assert_eq!(reqwest::get(format!("{url}/p/a/b")).await.unwrap().status(), 200, "{path}");
        assert_eq!(upstream.requests().pop().unwrap().path(), "/a/b", "{path}");
    }
}

#[tokio::test]
async fn a_path_cannot_leave_the_base_uri() {
    let upstream = upstream(&[]).await;
    let url = serve(&capability(&document(), &upstream)).await;
    let address = url.strip_prefix("http://").unwrap();
    for path in [
        "/proxy/x/../../admin",
        "/proxy/x/%2e%2e/admin",
        "/proxy/..",
        "/proxy/x/..%2fadmin",
        "/proxy/x/%252e%252e/a",
        "/proxy/x/..;/a",
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{path}: {answer}");
    }
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_failure_of_the_upstream_is_logged() {
    let upstream = upstream(&[]).await;
    upstream.answer("GET", "/x/1", Answer::status(500)).answer("GET", "/y/1", Answer::cut_off().body([]));
    let url = serve(&capability(&document(), &upstream)).await;
    let (mut log, writer) = std::io::pipe().unwrap();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.try_clone().unwrap()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    for path in ["/x/1", "/y/1"] {
        assert_eq!(reqwest::get(format!("{url}/proxy{path}")).await.unwrap().status(), 502);
    }
    drop(guard);
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut log, &mut lines).unwrap();
    assert_eq!(lines.matches("WARN").count(), 2, "{lines}");
    assert!(
        lines.contains("/proxy") && lines.contains("500 Internal") && lines.contains("in the middle of its answer"),
        "{lines}"
    );
}
