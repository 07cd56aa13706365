//! The `#[capability]` attribute.
