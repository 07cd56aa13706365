//! Files: sent by a client, streamed over REST, and as base64 from tools.

use super::{Both, serve};
use naftiko::testing::{Answer, Upstream};
use naftiko::{ErrorKind, Result, Upload, Value, capability};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What a file is about.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// Its title.
    title: String,
}

/// Keeps files.
#[capability(
    consumes(namespace = "files", base_uri = "https://files.example"),
    exposes(rest(port = 8080), mcp(port = 9090))
)]
pub trait Files {
    /// Takes a file as it is.
    #[put("/raw/{name}")]
    async fn put(&self, name: &str, #[body(bytes, limit = "48MiB")] body: Upload) -> Result<Value>;

    /// Takes a picture, or nothing.
    #[post("/pictures")]
    async fn picture(&self, #[body(bytes, content_type = "image/png")] body: Option<Upload>) -> Result<Value>;

    /// Takes a form with a file in it.
    #[post("/forms")]
    async fn form(
        &self,
        #[part] purpose: &str,
        #[part] about: Option<&About>,
        #[part] count: Option<u32>,
        #[part("labels")] label: Option<&[String]>,
        #[part(limit = "48MiB")] file: Upload,
    ) -> Result<Value>;

    /// Takes a form with up to two files.
    #[post("/pairs")]
    async fn pair(&self, #[part(limit = "1KiB")] left: Option<Upload>, #[part] right: Option<Upload>) -> Result<Value>;

    /// Takes parts of declared types.
    #[post("/typed")]
    async fn typed(
        &self,
        #[part(content_type = "application/vnd.about+json")] about: &About,
        #[part(content_type = "text/markdown; charset=utf-8")] note: Option<&str>,
        #[part("pictures", content_type = "image/png", limit = "1MiB")] picture: Upload,
    ) -> Result<Value>;
}

pub(super) fn client(url: &str) -> FilesClient {
    FilesClient::builder().base_uri(url).build().unwrap()
}

async fn both() -> Both {
    Both::new(|url| client(url).into_capability()).await
}

#[tokio::test]
async fn a_file_is_sent_unchanged() {
    let both = both().await;
    let file = json!({ "data": "aGVsbG8=", "filename": "a.txt", "mimeType": "text/plain" });
    let wanted = "PUT /raw/a\ncontent-type: text/plain\n\nhello";
    assert_eq!(both.request("put", json!({ "name": "a", "body": file })).await, wanted);
    let raw = |http: &reqwest::Client, url: &str| {
        http.put(format!("{url}/raw/a")).header("content-type", "text/plain").body("hello")
    };
    assert_eq!(both.rest(raw).await, wanted);
    let seen = both.request("put", json!({ "name": "a", "body": { "data": "aGVsbG8=" } })).await;
    assert_eq!(seen, "PUT /raw/a\ncontent-type: application/octet-stream\n\nhello");
    let seen = both.request("picture", json!({ "body": { "data": "aGVsbG8=" } })).await;
    assert_eq!(seen, "POST /pictures\ncontent-type: image/png\n\nhello");
    assert_eq!(both.request("picture", json!({})).await, "POST /pictures");
    for capability in [&both.of_trait, &both.of_document] {
        let refused = capability.call("put", json!({ "name": "a", "body": { "data": "?" } })).await.unwrap_err();
        assert_eq!((refused.kind(), refused.pointer()), (ErrorKind::Argument, Some("/body")), "{refused:?}");
        assert!(capability.call("put", json!({ "name": "a" })).await.is_err());
    }
}

#[tokio::test]
async fn a_form_has_parts() {
    let both = both().await;
    let wanted = "POST /forms\ncontent-type: multipart/form-data; boundary=B\n\n\
        --B\nContent-Disposition: form-data; name=\"purpose\"\n\ntest\n\
        --B\nContent-Disposition: form-data; name=\"about\"\nContent-Type: application/json\n\n{\"title\":\"T\"}\n\
        --B\nContent-Disposition: form-data; name=\"count\"\n\n7\n\
        --B\nContent-Disposition: form-data; name=\"labels\"\n\na\n\
        --B\nContent-Disposition: form-data; name=\"labels\"\n\nb\n\
        --B\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22.txt\"\nContent-Type: text/plain\n\nhello\n\
        --B--\n";
    let arguments = json!({
        "purpose": "test", "about": { "title": "T" }, "count": 7, "labels": ["a", "b"],
        "file": { "data": "aGVsbG8=", "filename": "a\".txt", "mimeType": "text/plain" },
    });
    assert_eq!(both.request("form", arguments.clone()).await, wanted);
    assert_eq!(both.rest(|http, url| http.post(format!("{url}/forms")).json(&arguments)).await, wanted);
    let parts = [
        ("purpose", "", "test"),
        ("about", "\r\nContent-Type: application/json", "{\"title\": \"T\"}"),
        ("count", "", "7"),
        ("labels", "", "a"),
        ("labels", "", "b"),
        ("file", "; filename=\"a\\\".txt\"\r\nContent-Type: text/plain", "hello"),
    ];
    assert_eq!(both.rest(|http, url| multipart(http, &format!("{url}/forms"), &parts)).await, wanted);
}

#[tokio::test]
async fn a_part_has_its_declared_content_type() {
    let both = both().await;
    let wanted = "POST /typed\ncontent-type: multipart/form-data; boundary=B\n\n\
        --B\nContent-Disposition: form-data; name=\"about\"\nContent-Type: application/vnd.about+json\n\n{\"title\":\"T\"}\n\
        --B\nContent-Disposition: form-data; name=\"note\"\nContent-Type: text/markdown; charset=utf-8\n\n# N\n\
        --B\nContent-Disposition: form-data; name=\"pictures\"; filename=\"a.png\"\nContent-Type: image/png\n\nhello\n\
        --B--\n";
    // The declared type takes precedence over the type of the file.
    let file = json!({ "data": "aGVsbG8=", "filename": "a.png", "mimeType": "text/plain" });
    let arguments = json!({ "about": { "title": "T" }, "note": "# N", "pictures": file });
    assert_eq!(both.request("typed", arguments.clone()).await, wanted);
    assert_eq!(both.rest(|http, url| http.post(format!("{url}/typed")).json(&arguments)).await, wanted);
    let parts = [
        ("about", "\r\nContent-Type: application/json", "{\"title\": \"T\"}"),
        ("note", "", "# N"),
        ("pictures", "; filename=\"a.png\"", "hello"),
    ];
    assert_eq!(both.rest(|http, url| multipart(http, &format!("{url}/typed"), &parts)).await, wanted);
    for capability in [&both.of_trait, &both.of_document] {
        let openapi = capability.openapi();
        let body = &openapi["paths"]["/typed"]["post"]["requestBody"]["content"]["multipart/form-data"];
        let encoding = json!({
            "about": { "contentType": "application/vnd.about+json" },
            "note": { "contentType": "text/markdown; charset=utf-8" },
            "pictures": { "contentType": "image/png" },
        });
        assert_eq!(body["encoding"], encoding, "{openapi:#}");
    }
}

/// Builds a multipart request from parts, each given as its name, the rest of its headers and its content.
pub(super) fn multipart(http: &reqwest::Client, url: &str, parts: &[(&str, &str, &str)]) -> reqwest::RequestBuilder {
    let part = |(name, head, content): &(&str, &str, &str)| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n{content}\r\n")
    };
    let body = parts.iter().map(part).collect::<String>() + "--x--\r\n";
    http.post(url).header("content-type", "multipart/form-data; boundary=x").body(body)
}

#[tokio::test]
async fn a_file_before_the_fields_is_buffered() {
    let both = both().await;
    let parts = [("file", "; filename=\"a.txt\"", "hello"), ("purpose", "", "test")];
    let seen = both.rest(|http, url| multipart(http, &format!("{url}/forms"), &parts));
    let wanted = "POST /forms\ncontent-type: multipart/form-data; boundary=B\n\n\
        --B\nContent-Disposition: form-data; name=\"purpose\"\n\ntest\n\
        --B\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\nContent-Type: application/octet-stream\n\n\
        hello\n--B--\n";
    assert_eq!(seen.await, wanted);
}

#[tokio::test]
async fn two_optional_files_may_come_in_any_order() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/pairs", Answer::json(200, Value::Null));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let (left, right) = (("left", "; filename=\"l\"", "one"), ("right", "; filename=\"r\"", "two"));
    for parts in [[left, right], [right, left]] {
        let (code, text) = status(|http| multipart(&http, &format!("{url}/pairs"), &parts)).await;
        assert_eq!(code, 200, "{text}");
        let sent = upstream.requests().pop().unwrap().body;
        let sent = String::from_utf8_lossy(&sent).into_owned();
        for (name, detail, content) in [left, right] {
            let head = format!("name=\"{name}\"{detail}\r\n");
            let after = sent.split_once(&head).map(|(_, after)| after.split_once("\r\n\r\n").unwrap().1);
            assert!(after.is_some_and(|after| after.starts_with(&format!("{content}\r\n"))), "{name}: {sent}");
        }
    }
}

/// Sends a request; returns the status and the text of the response.
pub(super) async fn status(request: impl FnOnce(reqwest::Client) -> reqwest::RequestBuilder) -> (u16, String) {
    let answer = request(reqwest::Client::new()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn an_invalid_form_is_refused() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/forms", Answer::json(200, Value::Null));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let part = |name: &str, content: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n{content}\r\n")
    };
    let about = |content: &str| {
        let head = "--x\r\nContent-Disposition: form-data; name=\"about\"\r\nContent-Type: application/json\r\n\r\n";
        format!("{head}{content}\r\n")
    };
    let (purpose, file) = (part("purpose", "p"), part("file", "f"));
    for (body, wanted, expected) in [
        (String::new(), 400, "ends before its last boundary"),
        (format!("{purpose}{file}"), 400, "ends before its last boundary"),
        (
            format!("{purpose}{file}{}--x--", part("count", "1")),
            400,
            "another part follows the file: send the file as the last part",
        ),
        (format!("{}--x--", part("purposes", "p")), 400, "did you mean `purpose`?"),
        (format!("{purpose}--x--"), 400, "the argument `file` is missing"),
        (format!("{file}--x--"), 400, "the argument `purpose` is missing"),
        (format!("{purpose}{}{file}--x--", part("count", "many")), 400, "count"),
        (format!("{}{purpose}{file}--x--", about("{")), 400, "the part `about` is declared as JSON"),
        (format!("{}{purpose}{file}--x--", about(r#"{"title":"a","title":"b"}"#)), 400, "/about/title"),
        (format!("{}{}{purpose}{file}--x--", about(r#"{"title":"a"}"#), about(r#"{"title":"b"}"#)), 400, "/about"),
        (format!("{}{}{purpose}{file}--x--", about(r#"{"title":"a"}"#), part("about", "b")), 400, "/about"),
        ("--x\r\nContent-Type: text/plain\r\n\r\n\r\n--x--".to_owned(), 400, "no name"),
        (
            format!("--x\r\nX: {}\r\n\r\n--x--", "y".repeat(9000)),
            400,
            "the headers of a part are longer than 8192 bytes",
        ),
    ] {
        let body = body.into_bytes();
        let shown = String::from_utf8_lossy(&body).into_owned();
        let sent = |http: reqwest::Client| {
            http.post(format!("{url}/forms")).header("content-type", "multipart/form-data; boundary=x").body(body)
        };
        let (status, text) = status(sent).await;
        let shown = shown.get(..200).unwrap_or(&shown);
        assert_eq!(status, wanted, "{shown}: {text}");
        assert!(text.contains(expected), "{shown}: {text}");
    }
    let no_boundary = |http: reqwest::Client| {
        http.post(format!("{url}/forms")).header("content-type", "multipart/form-data").body("x")
    };
    assert_eq!(status(no_boundary).await.0, 415);
    let compressed = |http: reqwest::Client| {
        let form = http.post(format!("{url}/forms")).header("content-type", "multipart/form-data; boundary=x");
        form.header("content-encoding", "compress").body("compressed")
    };
    let (code, text) = status(compressed).await;
    assert_eq!(code, 415, "{text}");
    assert!(text.contains("without a coding"), "{text}");
    assert!(upstream.requests().is_empty(), "{:?}", upstream.requests().len());
}

#[tokio::test]
async fn a_file_has_a_limit() {
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/raw/a", Answer::json(200, Value::Null));
    upstream.answer("POST", "/pictures", Answer::json(200, Value::Null));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let large = vec![0_u8; 3 << 20];
    let (code, text) = status(|http| http.put(format!("{url}/raw/a")).body(large.clone())).await;
    assert_eq!(code, 200, "the limit of the trait does not apply: {text}");
    assert_eq!(upstream.requests()[0].body.len(), large.len());
    let (code, text) = status(|http| http.post(format!("{url}/pictures")).body(large.clone())).await;
    assert_eq!(code, 413, "{text}");
    // A body of unknown length.
    let pieces = unannounced(3 << 20);
    let (code, text) = status(|http| http.post(format!("{url}/pictures")).body(pieces)).await;
    assert_eq!(code, 413, "{text}");
    // A body with many parts, each of which needs memory.
    let part = "--x\r\nContent-Disposition: form-data; name=\"labels\"\r\n\r\n\r\n";
    let form = |http: reqwest::Client| {
        let form = http.post(format!("{url}/forms")).header("content-type", "multipart/form-data; boundary=x");
        form.body(part.repeat(50_000))
    };
    let (code, text) = status(form).await;
    assert_eq!(code, 413, "{text}");
}

#[tokio::test]
async fn a_file_has_its_own_limit_whether_it_is_buffered_or_streamed() {
    let upstream = Upstream::start().await;
    upstream.answer("POST", "/pairs", Answer::json(200, Value::Null));
    let url = serve(&client(upstream.url()).into_capability()).await;
    let large = "x".repeat(1025);
    let (left, right) = (("left", "; filename=\"l\"", large.as_str()), ("right", "; filename=\"r\"", large.as_str()));
    for parts in [[left, right], [right, left]] {
        let (code, text) = status(|http| multipart(&http, &format!("{url}/pairs"), &parts)).await;
        assert_eq!(code, 413, "{text}");
        assert!(text.contains("the limit is 1024 bytes"), "{text}");
    }
}

/// Returns a body of `size` bytes without a declared length.
fn unannounced(size: usize) -> reqwest::Body {
    let (reader, mut writer) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut writer, &vec![0; size]).await;
    });
    let pieces = Upload::from_reader(reader).pieces().unwrap();
    reqwest::Body::wrap_stream(pieces)
}

#[tokio::test]
async fn a_client_streams_a_reader() {
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/raw/a", Answer::json(200, Value::Null));
    upstream.answer("POST", "/forms", Answer::json(200, Value::Null));
    let client = client(upstream.url());
    let read: &[u8] = b"as it comes";
    client.put("a", Upload::from_reader(read).typed("text/x")).await.unwrap();
    client.put("a", Upload::from_reader(read).sized(11)).await.unwrap();
    client.put("a", b"held".to_vec().into()).await.unwrap();
    let requests = upstream.requests();
    let lengths: Vec<_> =
        requests.iter().map(|request| (request.header("content-length"), &request.body[..])).collect();
    assert_eq!(lengths, [(None, &b"as it comes"[..]), (Some("11"), b"as it comes"), (Some("4"), b"held")]);
    assert_eq!(requests[0].header("content-type"), Some("text/x"));
    let file = Upload::from("hello").named("a.txt");
    client.form("p", None, None, None, file).await.unwrap();
    assert!(String::from_utf8_lossy(&upstream.requests()[3].body).contains("filename=\"a.txt\""));
    let once = Upload::from_reader(read);
    client.put("a", once.clone()).await.unwrap();
    assert!(client.put("a", once).await.is_err(), "a stream that has been read was sent again");
}

#[tokio::test]
async fn a_reader_with_another_size_than_declared_fails() {
    let upstream = Upstream::start().await;
    upstream.answer("PUT", "/raw/a", Answer::json(200, Value::Null));
    upstream.answer("POST", "/forms", Answer::json(200, Value::Null));
    let client = client(upstream.url());
    // The file comes in pieces: a piece may begin after the declared size, or cross it.
    let file = |size: u64| {
        let pieces = ["as ", "it ", "", "comes"].map(|piece| Ok::<_, std::io::Error>(piece.into()));
        Upload::stream(futures_util::stream::iter(pieces)).sized(size)
    };
    client.put("a", file(11)).await.unwrap();
    client.form("p", None, None, None, file(11)).await.unwrap();
    for size in [6, 8, 3, 0, 12] {
        let error = client.put("a", file(size)).await.unwrap_err();
        let expected = match size {
            12 => "the file ended after 11 bytes; `Upload::sized` declared 12".to_owned(),
            _ => format!("the file has more than the {size} bytes that `Upload::sized` declared"),
        };
        assert_eq!(error.kind(), ErrorKind::Internal, "{size}: {error:?}");
        assert!(format!("{error:?}").contains(&expected), "{size}: {error:?}");
        let error = client.form("p", None, None, None, file(size)).await.unwrap_err();
        assert!(format!("{error:?}").contains(&expected), "{size}: {error:?}");
    }
    let complete = upstream.requests().iter().filter(|request| request.body.ends_with(b"as it comes")).count();
    assert_eq!(complete, 1);
}

/// Starts an upstream that answers the first request of each connection, and closes the connection at the second one.
async fn closing() -> (String, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = requests.clone();
    tokio::spawn(async move {
        loop {
            let Ok((mut socket, _)) = listener.accept().await else { return };
            let count = count.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 4096];
                for answers in [true, false] {
                    let mut seen = Vec::new();
                    while !seen.ends_with(b"0\r\n\r\n") && !seen.ends_with(b"once") {
                        match socket.read(&mut buffer).await {
                            Ok(read) if read > 0 => seen.extend_from_slice(&buffer[..read]),
                            _ => return,
                        }
                    }
                    count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if !answers {
                        return;
                    }
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\nnull";
                    let _ = socket.write_all(answer).await;
                }
            });
        }
    });
    (url, requests)
}

#[tokio::test]
async fn a_stream_is_not_sent_again() {
    let (url, requests) = closing().await;
    let client = client(&url);
    let streamed = || Upload::from_reader(&b"once"[..]);
    client.put("a", streamed()).await.unwrap();
    // The API closes the reused connection without an answer. A body of bytes would be sent again: PUT is idempotent.
    assert!(client.put("a", streamed()).await.is_err());
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 2);
    client.put("a", b"once".to_vec().into()).await.unwrap();
    client.put("a", b"once".to_vec().into()).await.unwrap();
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 5, "the second body of bytes was not sent again");
}

#[tokio::test]
async fn openapi_describes_how_files_are_sent() {
    let openapi = both().await.of_trait.openapi();
    let content = |path: &str, method: &str| openapi["paths"][path][method]["requestBody"]["content"].clone();
    assert_eq!(
        content("/raw/{name}", "put"),
        json!({ "*/*": { "schema": { "contentMediaType": "application/octet-stream" } } })
    );
    let parts = content("/forms", "post");
    let file = &parts["multipart/form-data"]["schema"]["properties"]["file"];
    assert_eq!(file["contentMediaType"], "application/octet-stream");
    assert_eq!(parts["application/json"]["schema"]["properties"]["file"]["required"], json!(["data"]));
}

/// Counts what it gets.
#[capability(exposes(rest(port = 1), mcp(port = 2)))]
pub trait Counter {
    /// Counts the bytes of a file.
    #[rest(post = "/file")]
    async fn file(&self, #[body(bytes)] body: Upload) -> Result<usize> {
        Ok(body.bytes(1 << 20).await?.len())
    }

    /// Counts the bytes of a part.
    #[rest(post = "/part")]
    async fn part(&self, #[part] name: &str, #[part] file: Upload) -> Result<String> {
        Ok(format!("{name}: {}", file.bytes(1 << 20).await?.len()))
    }

    /// Counts the bytes of a text.
    #[rest(post = "/text")]
    async fn text(&self, #[body(text)] body: &str) -> Result<usize> {
        Ok(body.len())
    }
}

struct Plain;

impl Counter for Plain {}

#[tokio::test]
async fn a_method_with_a_body_takes_files_too() {
    let capability = Plain.into_capability();
    let file = json!({ "data": "aGVsbG8=" });
    assert_eq!(capability.call("file", json!({ "body": file })).await.unwrap(), 5);
    assert_eq!(capability.call("part", json!({ "name": "a", "file": file })).await.unwrap(), "a: 5");
    assert_eq!(capability.call("text", json!({ "body": "hello" })).await.unwrap(), 5);
    let url = serve(&capability).await;
    let http = reqwest::Client::new();
    let sent = |path: &str, kind: &str| http.post(format!("{url}{path}")).header("content-type", kind).body("hello");
    assert_eq!(sent("/file", "image/png").send().await.unwrap().text().await.unwrap(), "5");
    assert_eq!(sent("/text", "text/plain").send().await.unwrap().text().await.unwrap(), "5");
    let part = multipart(&http, &format!("{url}/part"), &[("name", "", "a"), ("file", "; filename=\"f\"", "hello")]);
    assert_eq!(part.send().await.unwrap().text().await.unwrap(), "\"a: 5\"");
}
