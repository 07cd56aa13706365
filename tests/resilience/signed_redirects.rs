//! Signatures on the hops of a redirect: each request is signed for its own URL.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::prelude::{BASE64_STANDARD, Engine};
use naftiko::Capability;
use naftiko::document::Settings;
use naftiko::spec::{Policy, load::load};
use naftiko::testing::{Answer, Recorded, Upstream};
use serde_json::json;

/// A function that returns the signature that a request must have, and the signature that it has.
type Signatures = fn(&Recorded, &str) -> (String, String);

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace(':', "%3A").replace('/', "%2F").replace('=', "%3D").replace('&', "%26")
}

/// Returns a member of `Authorization`.
fn member(request: &Recorded, name: &str) -> String {
    let header = request.header("authorization").unwrap();
    let rest = header.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("{header}")).1;
    rest.split(',').next().unwrap().trim_matches('"').to_owned()
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
fn aws(request: &Recorded, host: &str) -> (String, String) {
    let date = request.header("x-amz-date").unwrap();
    let (path, query) = (request.path(), request.query().unwrap_or_default());
    let body = hex(digest(&SHA256, b"").as_ref());
    let canonical = format!("GET\n{path}\n{query}\nhost:{host}\nx-amz-date:{date}\n\nhost;x-amz-date\n{body}");
    let scope = format!("{}/r/s/aws4_request", &date[..8]);
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(digest(&SHA256, canonical.as_bytes()).as_ref()));
    let key = [&date[..8], "r", "s", "aws4_request"].iter().fold(b"AWS4aabb".to_vec(), |key, part| hmac(&key, part));
    (hex(&hmac(&key, &text)), member(request, "Signature"))
}

/// <https://docs.veracode.com/r/c_hmac_signing_example>
fn veracode(request: &Recorded, host: &str) -> (String, String) {
    let nonce = member(request, "nonce");
    let pairs = nonce.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    let nonce: Vec<u8> = pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
    let key = sign(&Key::new(HMAC_SHA256, &[0xaa, 0xbb]), &nonce);
    let key = hmac(&hmac(key.as_ref(), &member(request, "ts")), "vcode_request_version_1");
    let text = format!("id=me&host={host}&url={}&method=GET", request.path_and_query);
    (hex(&hmac(&key, &text)), member(request, "sig"))
}

/// RFC 5849, section 3.4.
fn oauth1(request: &Recorded, host: &str) -> (String, String) {
    let mut parameters: Vec<String> = request.query().into_iter().map(str::to_owned).collect();
    for name in ["oauth_consumer_key", "oauth_nonce", "oauth_signature_method", "oauth_timestamp", "oauth_version"] {
        parameters.push(format!("{name}={}", member(request, name)));
    }
    parameters.sort();
    let (url, parameters) = (format!("http://{host}{}", request.path()), parameters.join("&"));
    let signature = hmac(b"aabb&", &format!("GET&{}&{}", encoded(&url), encoded(&parameters)));
    (encoded(&BASE64_STANDARD.encode(signature)).replace('+', "%2B"), member(request, "oauth_signature"))
}

#[tokio::test]
async fn every_hop_is_signed_for_its_own_url() {
    let schemes: [(&str, Signatures); 3] = [
        ("aws-sig-v4, accessKeyId: me, secretKey: aabb, region: r, service: s", aws),
        ("hmac, apiId: me, apiKey: aabb", veracode),
        ("oauth1, consumerKey: me, signingKey: aabb, signatureMethod: HMAC-SHA256", oauth1),
    ];
    for (scheme, signatures) in schemes {
        let upstream = Upstream::start().await;
        upstream.answer("GET", "/scans", Answer::redirect("/moved/once?b=2"));
        upstream.answer("GET", "/moved/once", Answer::redirect("twice"));
        upstream.answer("GET", "/moved/twice", Answer::redirect("../found?x=1"));
        upstream.answer("GET", "/found", Answer::json(200, json!([])));
        capability(scheme, &upstream).call("list", json!({ "of": "a" })).await.unwrap();
        let requests = upstream.requests();
        let targets: Vec<_> = requests.iter().map(|request| request.path_and_query.as_str()).collect();
        assert_eq!(targets, ["/scans?of=a", "/moved/once?b=2", "/moved/twice", "/found?x=1"], "{scheme}");
        let host = upstream.url().strip_prefix("http://").unwrap();
        for request in &requests {
            let (expected, sent) = signatures(request, host);
            assert_eq!(sent, expected, "{scheme}, {}", request.path_and_query);
        }
    }
}

fn capability(scheme: &str, upstream: &Upstream) -> Capability {
    let yaml = format!(
        "naftiko: 1.0.0-alpha2
info: {{label: Scans, description: Keeps scans.}}
capability:
  consumes:
  - type: http
    namespace: api
    baseUri: https://api.acme.io
    redirects: 3
    authentication: {{type: {scheme}}}
    resources:
    - name: scans
      path: /scans
      operations:
      - {{name: list, method: GET, inputParameters: [{{name: of, in: query, type: string}}]}}
  exposes:
  - type: mcp
    port: 9090
    namespace: scans
    tools:
    - {{name: list, description: Lists the scans., call: api.list, with: {{of: tools.of}}}}
"
    );
    let loaded = load(&yaml, &Policy::default()).unwrap_or_else(|refused| panic!("{:?}", refused.diagnostics));
    let settings = Settings::default().upstream("api", upstream.url());
    naftiko::document::capability(loaded.document, loaded.lowered, settings).unwrap()
}
