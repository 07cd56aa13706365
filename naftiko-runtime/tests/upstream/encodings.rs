//! The encoding of answers: content codings, byte-order marks, plain text.

use crate::common::{Open, Thing};
use crate::support::{capability, serve, yaml};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use naftiko_runtime::document::Settings;
use naftiko_runtime::testing::{Answer, Recorded, Upstream};
use naftiko_runtime::{Error, ErrorKind};
use std::io::Write;

const THING: &[u8] = br#"{"id":"t"}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn coded(codings: &[&str], body: Vec<u8>) -> Answer {
    let answer = Answer::of(200, "application/json", body);
    codings.iter().fold(answer, |answer, coding| answer.header("content-encoding", coding))
}

/// Returns an upstream that answers every GET with `answer`, and a client of it.
async fn answering(answer: Answer) -> (Upstream, Open) {
    let upstream = Upstream::start().await;
    for path in ["/things/{id}", "/raw", "/text", "/maybe"] {
        upstream.answer("GET", path, answer.clone());
    }
    let client = Open::builder().base_uri(upstream.url()).max_answer(1024 * 1024).build().unwrap();
    (upstream, client)
}

/// Returns the error of a typed call, and the error of a call that returns raw JSON.
async fn failing(answer: Answer) -> [Error; 2] {
    let (_upstream, client) = answering(answer).await;
    let raw = match client.raw().await {
        Ok(raw) => raw.bytes().await.unwrap_err(),
        Err(error) => error,
    };
    [client.get("t").await.unwrap_err(), raw]
}

#[cfg(feature = "compression")]
fn br(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let quick = brotli::enc::BrotliEncoderParams { quality: 2, lgwin: 16, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &quick).unwrap();
    packed
}

#[cfg(feature = "compression")]
fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 0).unwrap()
}

/// Answers like a compressing web server: with the first coding that the request accepts, and with a weak `ETag` if it
/// compresses.
fn negotiated(request: &Recorded) -> Answer {
    let accepted = request.header("accept-encoding").unwrap_or("gzip");
    let (coding, body) = match accepted.split(',').next().unwrap_or_default() {
        #[cfg(feature = "compression")]
        "br" => ("br", br(THING)),
        "gzip" => ("gzip", gzip(THING)),
        _ => ("identity", THING.to_vec()),
    };
    let tag = if coding == "identity" { "\"v1\"" } else { "W/\"v1\"" };
    let (status, body) = match request.header("range") {
        Some(_) => (206, body[2..6].to_vec()),
        None => (200, body),
    };
    let answer = Answer::of(status, "application/json", body).header("etag", tag).header("content-encoding", coding);
    if status == 206 { answer.header("content-range", "bytes 2-5/10") } else { answer }
}

#[tokio::test]
async fn no_coding_is_requested_so_that_tags_stay_strong() {
    let upstream = Upstream::start().await;
    for path in ["/things/{id}", "/raw", "/files"] {
        upstream.answer_with("GET", path, negotiated);
    }
    let client = Open::builder().base_uri(upstream.url()).build().unwrap();
    assert_eq!(client.get("t").await.unwrap(), Thing::of("t"));
    client.raw().await.unwrap();
    let url = serve(&capability(&yaml("", RANGES, ROUTES), &upstream)).await;
    let answer = reqwest::get(format!("{url}/raw")).await.unwrap();
    assert_eq!(answer.headers()["etag"], "\"v1\"");
    for request in upstream.requests() {
        assert_eq!(request.header("accept-encoding"), Some("identity"), "{}", request.path_and_query);
    }
}

const RANGES: &str = "
- name: r
  path: /raw
  operations: [{ name: raw, method: GET }]
- name: f
  path: /files
  operations:
  - { name: file, method: GET, outputRawFormat: binary, inputParameters: [{ name: Range, in: header, type: string }] }
";

const ROUTES: &str = "
- type: rest
  namespace: rest
  resources:
  - { path: /raw, operations: [{ method: GET, call: api.raw }] }
  - path: /files
    operations:
    - method: GET
      call: api.file
      with: { Range: rest.Range }
      inputParameters: [{ name: Range, in: header, type: string }]
  - { path: /proxy, forward: { targetNamespace: api, trustedHeaders: [Range] } }
";

/// A range of a compressed answer cannot be decoded (RFC 9110, section 14.2), so range requests ask for no coding.
#[tokio::test]
async fn a_header_of_an_api_asks_for_codings_except_in_requests_for_a_part() {
    let upstream = Upstream::start().await;
    upstream.answer_with("GET", "/raw", negotiated).answer_with("GET", "/files", negotiated);
    let wanted = if cfg!(feature = "compression") { "br, zstd, gzip" } else { "gzip" };
    let asks = format!("inputParameters: [{{ name: Accept-Encoding, in: header, value: '{wanted}' }}]\n");
    let url = serve(&capability(&yaml(&asks, RANGES, ROUTES), &upstream)).await;
    for path in ["/raw", "/files", "/proxy/raw"] {
        let answer = reqwest::get(format!("{url}{path}")).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("content-encoding")), (200, None), "{path}");
        assert_eq!(answer.bytes().await.unwrap(), THING, "{path}");
        assert_eq!(upstream.requests().last().unwrap().header("accept-encoding"), Some(wanted), "{path}");
    }
    for path in ["/files", "/proxy/raw"] {
        let request = reqwest::Client::new().get(format!("{url}{path}")).header("range", "bytes=2-5");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["etag"]), (206, &"\"v1\"".parse().unwrap()), "{path}");
        assert_eq!(answer.bytes().await.unwrap(), THING[2..6], "{path}");
        assert_eq!(upstream.requests().last().unwrap().header("accept-encoding"), Some("identity"), "{path}");
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn brotli_and_zstandard_are_decoded() {
    let frames = [zstd(&THING[..4]), zstd(&THING[4..])].concat();
    for answer in [
        coded(&["br"], br(THING)),
        coded(&["BR"], br(THING)).without_length(),
        coded(&["zstd"], zstd(THING)),
        coded(&["zstd"], frames),
        coded(&["br, zstd"], zstd(&br(THING))),
        coded(&["gzip", "br"], br(&gzip(THING))),
    ] {
        let (_upstream, client) = answering(answer.clone()).await;
        assert_eq!(client.get("t").await.unwrap(), Thing::of("t"), "{answer:?}");
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), THING, "{answer:?}");
    }
    let (of_br, of_zstd) = (br(THING), zstd(THING));
    for answer in [
        coded(&["br"], THING.to_vec()),
        coded(&["zstd"], THING.to_vec()),
        coded(&["zstd"], [&of_zstd[..], b"garbage"].concat()),
    ] {
        for error in failing(answer.clone()).await {
            assert_eq!(error.kind(), ErrorKind::BadAnswer);
            assert!(error.to_string().contains("does not match its Content-Encoding"), "{answer:?}: {error}");
        }
    }
    for answer in
        [coded(&["br"], of_br[..of_br.len() - 1].to_vec()), coded(&["zstd"], of_zstd[..of_zstd.len() - 1].to_vec())]
    {
        for error in failing(answer.clone()).await {
            assert_eq!(error.kind(), ErrorKind::BadAnswer);
            assert!(error.to_string().contains("sent a compressed answer that ends early"), "{answer:?}: {error}");
        }
    }
    let bomb = vec![b' '; 4 * 1024 * 1024];
    for answer in [coded(&["br"], br(&bomb)), coded(&["zstd"], zstd(&bomb)), coded(&["zstd, zstd"], zstd(&zstd(&bomb)))]
    {
        for error in failing(answer).await {
            assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
        }
    }
    let refused = Answer::of(404, "application/json", br(br#"{"code":"none"}"#)).header("content-encoding", "br");
    let [error, _] = failing(refused).await;
    assert_eq!(error.upstream().unwrap().body, r#"{"code":"none"}"#);
}

#[tokio::test]
async fn unrequested_codings_are_decoded() {
    for answer in [
        coded(&["gzip"], gzip(THING)),
        coded(&["X-GZIP"], gzip(THING)),
        coded(&["gzip"], [gzip(&THING[..4]), gzip(&THING[4..])].concat()),
        coded(&["gzip"], gzip(THING)).without_length(),
        coded(&["deflate"], zlib(THING)),
        coded(&["deflate"], raw_deflate(THING)),
        coded(&["identity"], THING.to_vec()),
        coded(&[""], THING.to_vec()),
        coded(&["identity", "gzip"], gzip(THING)),
        coded(&["deflate, gzip"], gzip(&zlib(THING))),
        coded(&["deflate", "gzip"], gzip(&zlib(THING))),
        coded(&["gzip"], gzip(&[b"\xEF\xBB\xBF", THING].concat())),
        // The client does not announce transfer codings either (RFC 9110, section 10.1.4).
        coded(&[], gzip(THING)).without_length().header("transfer-encoding", "gzip, chunked"),
    ] {
        let (_upstream, client) = answering(answer.clone()).await;
        assert_eq!(client.get("t").await.unwrap(), Thing::of("t"), "{answer:?}");
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), THING, "{answer:?}");
    }
}

#[tokio::test]
async fn an_empty_answer_stays_empty_whatever_its_coding() {
    for answer in [coded(&["gzip"], Vec::new()), coded(&["br"], Vec::new()), coded(&["gzip"], gzip(b""))] {
        let (_upstream, client) = answering(answer).await;
        assert_eq!(client.maybe().await.unwrap(), None);
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), "null");
    }
}

#[tokio::test]
async fn unsupported_codings_are_named() {
    for (codings, named) in [
        #[cfg(not(feature = "compression"))]
        (&["br"], "`br`"),
        #[cfg(not(feature = "compression"))]
        (&["zstd"], "`zstd`"),
        (&["compress"][..], "`compress`"),
        (&["gzip", "lzma"], "`lzma`"),
        (&["gzip, gzip, gzip, gzip"], "codings"),
    ] {
        for error in failing(coded(codings, gzip(THING))).await {
            assert_eq!((error.kind(), error.status().as_u16()), (ErrorKind::BadAnswer, 502));
            assert!(error.to_string().contains(named), "{error}");
            assert!(error.to_string().contains(" which is not supported"), "{error}");
        }
    }
}

#[tokio::test]
async fn undecodable_content_is_a_bad_answer() {
    let packed = gzip(THING);
    let unpacked = zlib(THING);
    for answer in [
        coded(&["gzip"], THING.to_vec()),
        coded(&["gzip"], b"{}".to_vec()),
        coded(&["gzip"], [&packed[..packed.len() - 1], b"?"].concat()),
        coded(&["deflate"], b"garbage".to_vec()),
    ] {
        for error in failing(answer.clone()).await {
            assert_eq!(error.kind(), ErrorKind::BadAnswer);
            assert!(error.to_string().contains("does not match its Content-Encoding"), "{answer:?}: {error}");
        }
    }
    for answer in [
        coded(&["gzip"], packed[..5].to_vec()),
        coded(&["gzip"], packed[..packed.len() - 3].to_vec()),
        coded(&["gzip"], packed[..packed.len() - 12].to_vec()),
        coded(&["deflate"], unpacked[..unpacked.len() - 6].to_vec()),
        coded(&["deflate"], raw_deflate(THING)[..4].to_vec()),
    ] {
        for error in failing(answer.clone()).await {
            assert_eq!(error.kind(), ErrorKind::BadAnswer);
            assert!(error.to_string().contains("sent a compressed answer that ends early"), "{answer:?}: {error}");
        }
    }
}

#[tokio::test]
async fn the_limit_applies_to_the_decoded_size() {
    let bomb = vec![b' '; 20 * 1024 * 1024];
    for answer in [
        coded(&["gzip"], gzip(&bomb)),
        coded(&["deflate"], zlib(&bomb)),
        coded(&["deflate"], raw_deflate(&bomb)),
        coded(&["gzip, gzip"], gzip(&gzip(&bomb))),
        coded(&["gzip"], gzip(&bomb)).without_length(),
    ] {
        for error in failing(answer).await {
            assert!(error.to_string().contains("more than 1048576 bytes"), "{error}");
        }
    }
}

#[tokio::test]
async fn the_body_of_an_error_is_decoded_too() {
    let refused = Answer::of(404, "application/json", gzip(br#"{"code":"none"}"#)).header("content-encoding", "gzip");
    let [error, _] = failing(refused).await;
    assert_eq!(error.upstream().unwrap().body, r#"{"code":"none"}"#);
    // A body that cannot be decoded is not passed on as garbage.
    let [error, _] = failing(Answer::of(404, "text/html", "\x0b\x02").header("content-encoding", "br")).await;
    assert_eq!(error.upstream().unwrap().body, "");
}

#[tokio::test]
async fn other_formats_and_forwards_are_decoded_too() {
    let resources = "
- name: r
  path: /csv
  operations: [{ name: csv, method: GET, outputRawFormat: csv }]
- name: b
  path: /bytes
  operations: [{ name: bytes, method: GET, outputRawFormat: binary }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources:
  - { path: /csv, operations: [{ method: GET, call: api.csv }] }
  - { path: /bytes, operations: [{ method: GET, call: api.bytes }] }
  - { path: /proxy, forward: { targetNamespace: api, trustedHeaders: [Accept-Encoding] } }
";
    let upstream = Upstream::start().await;
    let packed = |kind, body: &[u8]| Answer::of(200, kind, gzip(body)).header("content-encoding", "gzip");
    upstream.answer("GET", "/csv", packed("text/csv", b"\xEF\xBB\xBFa,b\n1,x\n"));
    upstream.answer("GET", "/bytes", packed("image/png", &[0, 1, 2]));
    let url = serve(&capability(&yaml("", resources, exposes), &upstream)).await;
    let get = async |path: &str| {
        let request = reqwest::Client::new().get(format!("{url}{path}")).header("accept-encoding", "br");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get("content-encoding")), (200, None), "{path}");
        answer.bytes().await.unwrap()
    };
    assert_eq!(get("/csv").await, r#"[{"a":"1","b":"x"}]"#);
    assert_eq!(get("/bytes").await, vec![0, 1, 2]);
    assert_eq!(get("/proxy/bytes").await, vec![0, 1, 2]);
    // The caller's `Accept-Encoding` is not passed on, because the capability decodes the answers itself.
    for request in upstream.requests() {
        assert_eq!(request.header("accept-encoding"), Some("identity"), "{}", request.path_and_query);
    }
}

/// A few compressed bytes expand to megabytes that decode to no content.
#[cfg(feature = "compression")]
#[tokio::test]
async fn a_stream_that_decodes_to_nothing_ends_at_the_limit() {
    let upstream = Upstream::start().await;
    // A skippable frame (RFC 8878, section 3.1.2).
    let (size, magic) = (2 * 1024 * 1024_u32, 0x184D_2A50_u32);
    let frame = [&magic.to_le_bytes()[..], &size.to_le_bytes(), &vec![0; size as usize]].concat();
    let packed = zstd(&zstd(&frame));
    assert!(packed.len() < 100, "{}", packed.len());
    let answer = Answer::of(200, "application/x-ndjson", packed).header("content-encoding", "zstd, zstd, zstd");
    upstream.answer("GET", "/items", answer);
    let resources = "
- name: r
  path: /items
  operations: [{ name: items, method: GET, outputRawFormat: stream }]
";
    let exposes = "
- type: rest
  namespace: rest
  resources: [{ path: /items, operations: [{ method: GET, call: api.items }] }]
";
    let settings = Settings::default().upstream("api", upstream.url()).max_answer(1024 * 1024);
    let capability = crate::support::load(&yaml("", resources, exposes), settings).unwrap();
    let error = capability.call("items", serde_json::json!({})).await.unwrap_err().to_string();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
    // A REST answer that has begun is cut off.
    let text = reqwest::get(format!("{}/items", serve(&capability).await)).await.unwrap().text().await;
    assert!(
        text.as_ref().is_err() || text.as_ref().is_ok_and(|text| text.contains("more than 1048576 bytes")),
        "{text:?}"
    );
}

#[tokio::test]
async fn a_byte_order_mark_is_not_part_of_the_json() {
    let marked = [b"\xEF\xBB\xBF", THING].concat();
    let bytes = |pieces: &[&[u8]]| pieces.iter().map(|piece| piece.to_vec().into()).collect::<Vec<_>>();
    for answer in [
        Answer::of(200, "application/json", marked.clone()),
        Answer::of(200, "application/json", marked.clone()).without_length(),
        Answer::of(200, "application/json", "").body(bytes(&[b"\xEF", b"\xBB", &marked[2..]])).without_length(),
    ] {
        let (_upstream, client) = answering(answer).await;
        assert_eq!(client.get("t").await.unwrap(), Thing::of("t"));
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), THING);
    }
    let (_upstream, client) = answering(Answer::of(200, "application/json", "\u{feff}")).await;
    assert_eq!(client.maybe().await.unwrap(), None);
}

#[tokio::test]
async fn json_in_another_charset_is_read_or_refused() {
    for kind in ["application/json; charset=iso-8859-1", "application/json; charset=windows-1252"] {
        let (_upstream, client) = answering(Answer::of(200, kind, &b"{\"id\":\"\xe9\"}"[..])).await;
        assert_eq!(client.get("t").await.unwrap(), Thing::of("é"), "{kind}");
        assert_eq!(client.raw().await.unwrap().bytes().await.unwrap(), "{\"id\":\"é\"}", "{kind}");
    }
    for error in failing(Answer::of(200, "application/json; charset=koi8-r", &b"{\"id\":\"\xd1\"}"[..])).await {
        assert_eq!(error.kind(), ErrorKind::BadAnswer);
        assert!(error.to_string().contains("encoding"), "{error}");
    }
}

#[tokio::test]
async fn plain_text_is_the_value_of_a_method_that_returns_a_string() {
    for (kind, body, text) in [
        ("text/plain", "2.5.1\n", "2.5.1\n"),
        ("text/plain; charset=utf-8", "\u{feff}héllo", "héllo"),
        ("text/plain", "\"quoted\"", "\"quoted\""),
        ("text/plain", "", ""),
        ("application/json", "\"quoted\"", "quoted"),
    ] {
        let (_upstream, client) = answering(Answer::of(200, kind, body)).await;
        assert_eq!(client.text().await.unwrap(), text, "{kind}: {body}");
    }
    let (_upstream, client) = answering(Answer::of(200, "text/plain; charset=iso-8859-1", &b"h\xe9llo"[..])).await;
    assert_eq!(client.text().await.unwrap(), "héllo");
    for answer in [
        Answer::of(200, "text/plain", &b"h\xe9llo"[..]),
        Answer::of(200, "text/html", "<html>sign in</html>"),
        Answer::of(200, "application/json", "bare"),
    ] {
        let (_upstream, client) = answering(answer).await;
        assert_eq!(client.text().await.unwrap_err().kind(), ErrorKind::BadAnswer);
    }
}
