//! `header("Accept-Encoding" = …)` in `consumes`: a trait and its document ask an API to compress its answers in the
//! same way.

use crate::{documented, serve};
use flate2::Compression;
use flate2::write::GzEncoder;
use naftiko::testing::{Answer, Upstream};
use naftiko::{Result, capability};
use std::io::Write;

/// Reads texts.
#[capability(
    consumes(namespace = "api", base_uri = "https://api.acme.io", header("Accept-Encoding" = "gzip")),
    exposes(rest(port = 1))
)]
pub trait Texts {
    /// Reads the texts.
    #[get("/texts")]
    async fn list(&self) -> Result<Vec<String>>;

    /// Reads the texts, uncompressed.
    #[get("/plain", header("Accept-Encoding" = "identity"))]
    async fn plain(&self) -> Result<Vec<String>>;
}

#[tokio::test]
async fn a_trait_and_its_document_ask_for_the_same_codings() {
    let upstream = Upstream::start().await;
    let texts = br#"["one","two"]"#;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(texts).unwrap();
    let packed = Answer::of(200, "application/json", gzip.finish().unwrap()).header("content-encoding", "gzip");
    upstream.answer("GET", "/texts", packed).answer("GET", "/plain", Answer::of(200, "application/json", &texts[..]));
    let ours = TextsClient::builder().base_uri(upstream.url()).build().unwrap().into_capability();
    let theirs = documented(&ours, &upstream);
    for url in [serve(ours).await, serve(theirs).await] {
        for (path, asked) in [("texts", "gzip"), ("plain", "identity")] {
            let answer = reqwest::get(format!("{url}/{path}")).await.unwrap();
            assert_eq!(answer.bytes().await.unwrap(), &texts[..], "{path}");
            assert_eq!(upstream.requests().last().unwrap().header("accept-encoding"), Some(asked), "{path}");
        }
    }
}
