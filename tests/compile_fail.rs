//! Code that must not compile, with the expected messages: one case for each check.
//!
//! Messages differ between compilers, so these cases run on one version only, and are ignored with that reason on
//! others; `.ci/run messages` installs that version. `TRYBUILD=overwrite` accepts new messages.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(feature = "rest")]

// Messages list what a capability has, so all features have to be on.
#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document"))]
#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn compile_fail() {
    bring_documents();
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[cfg(not(feature = "client"))]
#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn compile_fail_without_client() {
    trybuild::TestCases::new().compile_fail("tests/ui/without_client/*.rs");
}

/// Cases are compiled as a crate in another folder, and document paths are relative to it.
#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document"))]
fn bring_documents() {
    use std::path::Path;

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tests/trybuild/naftiko/tests/ui/documents");
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/documents")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}
