//! Fuzz targets that build requests from the arguments of a call: no value may change another part of the request.

use naftiko_runtime::__fuzz::multipart as encode;
use naftiko_runtime::Capability;
use naftiko_runtime::ErrorKind;
use naftiko_runtime::document::{self, Settings};
use naftiko_runtime::http::{HeaderMap, HeaderValue, Request, Response, Uri};
use naftiko_runtime::layer::{ApiService, BoxError, RequestBody};
use naftiko_spec::load::{Policy, load};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const DOCUMENT: &str = "naftiko: 1.0.0-alpha2
info: { label: Things, description: Things. }
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: http://api.example/v1
    resources:
    - name: things
      path: '/a/{one}/x-{two}/z'
      operations:
      - name: get
        method: GET
        inputParameters:
        - { name: one, in: path, type: string, required: true }
        - { name: two, in: path, type: string, required: true }
        - { name: 'q[]', in: query, type: string }
        - { name: list, in: query, type: array, items: { type: string } }
        - { name: object, in: query, type: object, style: deep }
        - { name: X-One, in: header, type: string }
        - { name: X-List, in: header, type: array, items: { type: string } }
        - { name: token, in: cookie, type: string }
  exposes:
  - type: mcp
    namespace: tools
    tools:
    - { name: get, description: Gets., hints: { readOnly: true }, call: api.get }
";

/// A capability whose requests are recorded and answered by a layer, so that nothing is sent.
struct Recorder {
    runtime: tokio::runtime::Runtime,
    capability: Capability,
    sent: Arc<Mutex<Option<(Uri, HeaderMap)>>>,
}

thread_local! {
    static RECORDER: Recorder = Recorder::new();
}

impl Recorder {
    fn new() -> Self {
        let sent: Arc<Mutex<Option<(Uri, HeaderMap)>>> = Arc::default();
        let record = sent.clone();
        let layer = tower::layer::layer_fn(move |_: ApiService| {
            let record = record.clone();
            tower::service_fn(move |request: Request<RequestBody>| {
                *record.lock().expect("no test panics here") = Some((request.uri().clone(), request.headers().clone()));
                async { Ok::<_, BoxError>(Response::new(String::from("{}"))) }
            })
        });
        let loaded = load(DOCUMENT, &Policy::default()).expect("the document is valid");
        let capability = document::capability(loaded.document, loaded.lowered, Settings::default().layer(layer));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        Self { runtime, capability: capability.expect("the document can be served"), sent }
    }
}

/// Calls the operation, and returns its request; `None` if the arguments are refused.
fn request(arguments: Value) -> Option<(Uri, HeaderMap)> {
    RECORDER.with(|recorder| {
        let called = recorder.runtime.block_on(recorder.capability.call("get", arguments));
        let sent = recorder.sent.lock().expect("no test panics here").take();
        match called {
            Ok(_) => assert!(sent.is_some(), "a call without a request"),
            Err(error) => assert!(error.kind() == ErrorKind::Argument && sent.is_none(), "{error}"),
        }
        sent
    })
}

/// Splits an input at its zero bytes into texts.
fn texts(data: &[u8]) -> Vec<String> {
    data.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// Builds the URL of a request. The texts are two path arguments, a query argument, the name and the value of a member of an object,
/// and the items of a list.
pub fn url(data: &[u8]) {
    let texts = texts(data);
    let [one, two, query, member, value, list @ ..] = texts.as_slice() else { return };
    let arguments = json!({
        "one": one, "two": two, "q[]": query, "list": list, "object": { member.as_str(): value },
    });
    let sent = request(arguments);
    let is_dots = |text: &str| matches!(text.replace("%2e", ".").replace("%2E", ".").as_str(), "." | "..");
    let is_long = texts.iter().map(String::len).sum::<usize>() > 10_000;
    let Some((uri, _)) = sent else {
        assert!(one.is_empty() || two.is_empty() || is_dots(one) || is_long, "{one:?} and {two:?} are refused");
        return;
    };
    assert!(!one.is_empty() && !two.is_empty() && !is_dots(one), "{uri}");
    let url = uri.to_string();
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?&=%".contains(&byte);
    assert!(url.starts_with("http://api.example/v1/a/") && url.bytes().all(is_allowed), "{url}");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().expect("values are UTF-8").into_owned();
    let segments: Vec<String> = uri.path().split('/').map(decoded).collect();
    assert_eq!(segments, ["", "v1", "a", one, &format!("x-{two}"), "z"], "{url}");
    let pairs = uri.query().unwrap_or_default().split('&');
    let pairs: Vec<(String, String)> = pairs
        .map(|pair| pair.split_once('=').expect("a pair"))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    let mut expected = vec![("q[]".to_owned(), query.clone())];
    expected.extend(list.iter().map(|item| ("list".to_owned(), item.clone())));
    expected.push((format!("object[{member}]"), value.clone()));
    assert_eq!(pairs, expected, "{url}");
}

/// Builds the headers of a request. The texts are a header, a cookie, and the items of a list in a header.
pub fn headers(data: &[u8]) {
    let texts = texts(data);
    let [header, cookie, list @ ..] = texts.as_slice() else { return };
    let arguments = json!({ "one": "1", "two": "2", "X-One": header, "token": cookie, "X-List": list });
    let sent = request(arguments);
    let is_value = |text: &String| text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    let is_cookie = cookie.bytes().all(|byte| matches!(byte, b'!'..=b'~') && !b"\",;\\".contains(&byte));
    let can_be_sent = is_value(header) && list.iter().all(is_value) && is_cookie;
    let Some((_, headers)) = sent else {
        assert!(!can_be_sent, "{texts:?} are refused");
        return;
    };
    assert!(can_be_sent, "{headers:?}");
    let values = |name: &str| headers.get_all(name).iter().map(HeaderValue::as_bytes).collect::<Vec<_>>();
    assert_eq!(values("x-one"), [header.as_bytes()]);
    assert_eq!(values("x-list"), list.iter().map(String::as_bytes).collect::<Vec<_>>());
    assert_eq!(values("cookie"), [format!("token={cookie}").as_bytes()]);
    let names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    let known = ["accept", "accept-encoding", "cookie", "user-agent", "x-list", "x-one"];
    assert!(names.iter().all(|name| known.contains(name)), "{names:?}");
}

/// Builds a multipart body, and splits it at the boundary as a receiver does: the parts must be the same. Each part
/// takes four texts: a name, a content, a file name and a media type. An empty file name or media type is left out.
pub fn multipart(data: &[u8]) {
    let texts = texts(data);
    let parts: Vec<_> = texts
        .chunks_exact(4)
        .map(|part| {
            let given = |at: usize| Some(part[at].as_str()).filter(|text: &&str| !text.is_empty());
            (part[0].as_str(), part[1].as_str(), given(2), given(3))
        })
        .collect();
    let (content_type, body) = encode(&parts);
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a boundary");
    assert!(boundary.len() <= 70 && boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    let body = String::from_utf8(body).expect("the texts are UTF-8");
    let delimiter = format!("--{boundary}");
    let pieces: Vec<&str> = body.split(&delimiter).collect();
    let ["", pieces @ .., "--\r\n"] = pieces.as_slice() else { panic!("{body:?} has no beginning or no end") };
    assert_eq!(pieces.len(), parts.len(), "{body:?}");
    for (piece, (name, text, filename, _)) in pieces.iter().zip(&parts) {
        let (head, content) = piece.split_once("\r\n\r\n").expect("a head");
        assert_eq!(content.strip_suffix("\r\n"), Some(*text), "{piece:?}");
        let lines: Vec<&str> = head.strip_prefix("\r\n").expect("a line break").split("\r\n").collect();
        let disposition = lines[0].strip_prefix("Content-Disposition: form-data; name=\"").expect("a name");
        let (own, rest) = disposition.split_once('"').expect("a quoted name");
        assert_eq!(own, quoted(name));
        assert_eq!(rest, filename.map_or_else(String::new, |name| format!("; filename=\"{}\"", quoted(name))));
        let has_one_type = lines.get(1).is_none_or(|line| line.starts_with("Content-Type: "));
        assert!(
            lines.len() <= 2 && has_one_type && !head.contains(|c: char| c.is_control() && c != '\r' && c != '\n'),
            "{head:?}"
        );
    }
}

/// Returns a name with the escapes that browsers use, and with `_` for other control characters.
fn quoted(name: &str) -> String {
    let name = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    name.replace(|c: char| c.is_control(), "_")
}
