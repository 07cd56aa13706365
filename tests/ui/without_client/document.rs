//! A trait that a document fills, without the feature `document`.

/// Reads tokens.
#[naftiko::capability(document = "tokens.naftiko.yaml")]
pub trait Tokens {}

fn main() {}
