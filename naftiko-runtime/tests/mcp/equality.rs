//! Calls that the adapter answers itself get the same answers as calls that rmcp answers, byte for byte.

use crate::support::{Answer, Client, LEGACY, MODERN, THROUGH_RMCP, hasty, serve};
use serde_json::{Value, json};
use std::sync::Arc;

/// Calls that return results, text or nothing, and calls that fail. (Objects in results have one member, or members in
/// alphabetical order, since rmcp sorts them.)
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("list-tokens", json!({ "userId": "u" })),
        (
            "list-tokens",
            json!({ "userId": "\u{0}\u{1f}\"\\/\u{7f}\u{2028}ü\u{1f511}</script>", "page": 4_294_967_295_u32 }),
        ),
        ("list-tokens", json!({})),
        ("list-tokens", json!({ "userId": "u", "page": "x" })),
        ("list-tokens", json!({ "userId": "u", "other": 1 })),
        ("create-token", json!({ "userId": "u", "body": { "id": "ci" } })),
        ("delete-token", json!({ "userId": "u" })),
        ("raw-tokens", json!({})),
        ("maybe", json!({})),
        ("panics", json!({})),
        ("hangs", json!({})),
        ("conflicts", json!({})),
        ("fails", json!({})),
        ("no-such", json!({})),
    ]
}

/// Returns the status, the content type and the text of an answer.
fn seen(answer: &Answer) -> (u16, &[u8], &str) {
    assert!(answer.headers.len() <= 4, "{:?}", answer.headers);
    (answer.status, answer.headers["content-type"].as_bytes(), &answer.text)
}

async fn client() -> Client {
    serve(hasty(&Arc::default()).mcp_service()).await
}

#[tokio::test]
async fn answers_are_equal_in_revisions_with_a_handshake() {
    let client = client().await;
    for (tool, arguments) in calls() {
        for id in [json!(1), json!(-7.0), json!("\u{e9}\n")] {
            let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": 1 } });
            let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string();
            let theirs = client.post(&THROUGH_RMCP, message.clone()).await;
            for headers in [&[][..], &[("mcp-protocol-version", LEGACY)], &[("mcp-protocol-version", "2024-11-05")]] {
                let ours = client.post(headers, message.clone()).await;
                assert_eq!(seen(&ours), seen(&theirs), "{message}");
            }
        }
    }
}

#[tokio::test]
async fn answers_are_equal_in_the_revision_without_a_handshake() {
    let client = client().await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (tool, arguments) in calls() {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": meta });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string();
        let headers = |name| [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", name)];
        // The adapter does not decode a name in this form, so rmcp answers the call.
        let encoded = format!("=?base64?{}?=", base64(tool));
        let ours = client.post(&headers(tool), message.clone()).await;
        let theirs = client.post(&headers(&encoded), message.clone()).await;
        assert_eq!(seen(&ours), seen(&theirs), "{message}");
    }
}

/// Encodes ASCII text in base64 (RFC 4648, section 4).
fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) & 63;
            encoded.push(if place <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    encoded
}
