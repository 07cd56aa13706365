//! Compressed request bodies: decoded within the limits, or refused.

use super::{RestClient, adapter, adapter_with};
use crate::Limits;
use crate::consume::unpack::tests::{br, gzip};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use std::io::Write;

type Pack = fn(&[u8]) -> Vec<u8>;

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).unwrap()
}

fn post(rest: &RestClient, coding: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
    let request = rest.request("POST", "/v1/any").header("content-type", "application/json");
    request.header("content-encoding", coding).body(body)
}

#[tokio::test]
async fn a_body_in_any_coding_is_decoded() {
    let rest = adapter().await;
    let list: Value = (0..1000).map(|number| json!({ "id": number })).collect();
    let text = list.to_string().into_bytes();
    for (coding, packed) in [
        ("gzip", gzip(&text)),
        ("X-GZIP", gzip(&text)),
        ("deflate", deflate(&text)),
        ("br", br(&text)),
        ("zstd", zstd(&text)),
        ("gzip, br", br(&gzip(&text))),
        ("identity", text.clone()),
        ("", text.clone()),
    ] {
        rest.send(post(&rest, coding, packed)).await.is(201, list.clone());
    }
    let in_pieces = futures_util::stream::iter(gzip(&text).into_iter().map(|byte| Ok::<_, std::io::Error>(vec![byte])));
    let request = post(&rest, "gzip", Vec::new()).body(reqwest::Body::wrap_stream(in_pieces));
    rest.send(request).await.is(201, list);
}

#[tokio::test]
async fn a_body_that_cannot_be_decoded_is_refused() {
    let rest = adapter().await;
    let text = br#"["one","two"]"#;
    let mismatch = "the body does not match its Content-Encoding";
    for (coding, packed) in [("gzip", text.to_vec()), ("br", gzip(text)), ("zstd", gzip(text)), ("gzip", br(text))] {
        assert_eq!(rest.send(post(&rest, coding, packed)).await.problem(400)["detail"], mismatch, "{coding}");
    }
    for (coding, packed) in [("gzip", gzip(text)), ("br", br(text)), ("zstd", zstd(text))] {
        let cut = packed[..packed.len() - 3].to_vec();
        let problem = rest.send(post(&rest, coding, cut)).await.problem(400);
        assert_eq!(problem["detail"], "the body is incomplete", "{coding}");
    }
    for (coding, what) in [
        ("compress", "the coding `compress`"),
        ("gzip, aes128gcm", "the coding `aes128gcm`"),
        ("\"<script>", "an unknown coding"),
        ("gzip, gzip, gzip, gzip", "more than 3 codings"),
    ] {
        let problem = rest.send(post(&rest, coding, gzip(text))).await.problem(415);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("the body has {what}, which is not supported")), "{detail}");
        assert!(detail.ends_with("send it as gzip, deflate, br or zstd, or without a coding"), "{detail}");
    }
}

#[tokio::test]
async fn the_limit_applies_to_the_encoded_and_the_decoded_body() {
    let rest = adapter_with(Limits { body: 1000, ..Limits::default() }).await;
    let of = |size: usize| format!("\"{}\"", "x".repeat(size - 2)).into_bytes();
    let detail = "the body is too large: the limit is 1000 bytes";
    let codings: [(&str, Pack); 4] = [("gzip", gzip), ("deflate", deflate), ("br", br), ("zstd", zstd)];
    for (coding, pack) in codings {
        assert_eq!(rest.send(post(&rest, coding, pack(&of(1000)))).await.status, 201);
        assert_eq!(rest.send(post(&rest, coding, pack(&of(1001)))).await.problem(413)["detail"], detail, "{coding}");
        // Only the decoded body is too large.
        let bomb = pack(&vec![b' '; 100_000]);
        assert!(bomb.len() < 1000, "{coding}: {} bytes", bomb.len());
        assert_eq!(rest.send(post(&rest, coding, bomb)).await.problem(413)["detail"], detail, "{coding}");
    }
    // The encoded body has the same limit: these empty gzip members exceed it.
    let empty = gzip(b"").repeat(100);
    assert_eq!(rest.send(post(&rest, "gzip", empty)).await.problem(413)["detail"], detail);
}
