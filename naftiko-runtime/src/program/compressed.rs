//! Compresses the answers of adapters for callers that accept compression (RFC 9110, section 12.5.3).

use axum::Router;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{Extensions, HeaderMap, StatusCode, Version};
use naftiko_spec::model::is_json;
use tower_http::compression::predicate::{Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

/// The size of the smallest answer that is compressed, in bytes: a shorter answer fits into one packet anyway.
const SMALLEST: u16 = 1024;

/// The level of all three codings (Brotli, gzip, zstd): little work, and most of the gain.
const LEVEL: CompressionLevel = CompressionLevel::Precise(4);

/// Returns a router that compresses its answers.
pub(super) fn compressed(router: Router) -> Router {
    let layer = CompressionLayer::new().quality(LEVEL).compress_when(SizeAbove::new(SMALLEST).and(is_compressible));
    router.layer(layer)
}

/// Returns whether an answer may be compressed, and benefits from it.
fn is_compressible(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A strong validator identifies the exact bytes of an answer (RFC 9110, section 8.8.1). Such an answer stays uncompressed: a compressed
    // answer could only have a weak validator, and `If-Match` needs a strong validator.
    let is_strong = headers.get(ETAG).is_some_and(|tag| !tag.as_bytes().starts_with(b"W/"));
    let may_change = !text(CACHE_CONTROL).to_ascii_lowercase().contains("no-transform");
    !is_strong && may_change && is_text(text(CONTENT_TYPE))
}

/// Returns whether a media type is textual, and not the type of a stream, whose items have to arrive as soon as they are sent.
fn is_text(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" | "application/x-ndjson" | "application/json-seq" => false,
        "application/xml" | "application/yaml" | "application/javascript" | "image/svg+xml" => true,
        other => other.starts_with("text/") || is_json(other) || other.ends_with("+xml") || other.ends_with("+yaml"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn streams_and_answers_with_a_strong_validator_are_not_compressed() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_compressible(StatusCode::OK, Version::HTTP_11, &headers.collect(), &Extensions::new())
        };
        for kind in ["application/json", "application/problem+json", "text/csv; charset=utf-8", "image/svg+xml"] {
            assert!(of(&[("content-type", kind)]), "{kind}");
            assert!(of(&[("content-type", kind), ("etag", "W/\"1\"")]), "{kind}");
            assert!(!of(&[("content-type", kind), ("etag", "\"1\"")]), "{kind}");
            assert!(!of(&[("content-type", kind), ("cache-control", "private, No-Transform")]), "{kind}");
        }
        for kind in
            ["text/event-stream", "application/x-ndjson", "application/json-seq", "image/png", "application/zip"]
        {
            assert!(!of(&[("content-type", kind)]), "{kind}");
        }
        assert!(!of(&[]));
    }
}
