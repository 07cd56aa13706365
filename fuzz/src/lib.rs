//! The functions that are fuzzed: they take any bytes, and must return without a panic.
//!
//! ```sh
//! cargo +nightly fuzz run formats --features libfuzzer   # libFuzzer, for as long as you like
//! cargo test                                             # on stable: some seconds each, the same every time
//! NAFTIKO_FUZZ_SECONDS=60 cargo test                     # longer, and further
//! ```

mod driver;

pub use driver::{TARGETS, Target, drive};
pub use naftiko_runtime::__fuzz::{encode, formats, jsonpath};

use naftiko_spec::load::{Errors, Policy, load};
use naftiko_spec::read::read;
use naftiko_spec::template::Template;

/// Loads a document: reads it, lowers it and runs the rules. A document that loads can be written and read again without repairs.
pub fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(loaded) = load(text, &Policy { errors: Errors::Report, ..Policy::default() }) {
        let document = loaded.document;
        let written = document.to_yaml().expect("a document can be written");
        let again = read(&written).expect("what is written can be read");
        assert!(again.document == document, "what is written is what was read");
        assert!(again.repairs.is_empty(), "what is written needs no repair");
    }
}

/// Reads each kind of template; one that is read is written as it was read, and its places are those of the source.
pub fn template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for read in [Template::text, Template::base_uri, Template::path] {
        match read(text) {
            Ok(template) => {
                let end = template.pieces().iter().fold(0, |end, piece| {
                    assert!(piece.span.start == end && piece.span.end > end, "pieces follow each other");
                    piece.span.end
                });
                assert_eq!(end, text.len(), "pieces are all of it");
                let _ = (template.shape(), template.to_string(), template.is_literal());
            }
            Err(error) => {
                assert!(text.get(error.span.clone()).is_some(), "an error has a place in the text");
                let _ = error.to_string();
            }
        }
    }
}
