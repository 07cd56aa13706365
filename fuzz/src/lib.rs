//! The functions to fuzz. Each accepts any bytes, checks invariants of the result, and must return without a panic.
//!
//! ```sh
//! cargo +nightly fuzz run formats --features libfuzzer   # libFuzzer, for as long as you like
//! cargo test                                             # on stable: some seconds each, always the same inputs
//! NAFTIKO_FUZZ_SECONDS=60 cargo test                     # more inputs
//! ```

mod client;
mod driver;
mod requests;
mod seeds;

pub use client::{digest, link, retry_after, traceparent, unpack};
pub use driver::{TARGETS, Target, drive};
pub use naftiko_runtime::__fuzz::{encode, formats, frames, jsonpath};
pub use requests::{headers, multipart, url};

use naftiko_spec::load::{Errors, Policy, load};
use naftiko_spec::read::read;
use naftiko_spec::template::Template;

/// Loads a document: reads it, lowers it and runs the rules. A loaded document must survive a round trip without
/// repairs.
pub fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(loaded) = load(text, &Policy { errors: Errors::Report, ..Policy::default() }) {
        let mut document = loaded.document;
        // The written document lacks unreadable parts, so it has no names of them either.
        for consume in document.capability.consumes.iter_mut().chain(&mut document.consumes) {
            consume.unreadable_names.clear();
        }
        document.capability.aggregates.iter_mut().for_each(|aggregate| aggregate.unreadable_names.clear());
        let written = document.to_yaml().expect("a document can be written");
        let again = read(&written).expect("a written document can be read");
        assert!(again.document == document, "a round trip changes the document");
        assert!(again.repairs.is_empty(), "a written document needs repairs");
    }
}

/// Parses each kind of template. The spans of its pieces must cover the source, and the span of an error must be in it.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for read in [Template::text, Template::base_uri, Template::path] {
        match read(text) {
            Ok(template) => {
                let end = template.pieces().iter().fold(0, |end, piece| {
                    assert!(piece.span.start == end && piece.span.end > end, "pieces are not adjacent");
                    piece.span.end
                });
                assert_eq!(end, text.len(), "pieces do not cover the text");
                let _ = (template.shape(), template.to_string(), template.is_literal());
            }
            Err(error) => {
                assert!(text.get(error.span.clone()).is_some(), "an error is not located in the text");
                let _ = error.to_string();
            }
        }
    }
}
