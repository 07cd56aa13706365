//! A trait with the operations of a document, without the feature `document`.

/// Reads tokens.
#[naftiko::capability(document = "tokens.naftiko.yaml")]
pub trait Tokens {}

fn main() {}
