//! Code that must not compile, with the expected messages: one file in `tests/ui` for each topic.
//!
//! Messages differ between compilers, so these cases run on one version only, and are ignored with that reason on
//! others; `.ci/run messages` installs that version. `TRYBUILD=overwrite` accepts new messages.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(feature = "rest")]

// Messages list the keys of `#[capability]`, which depend on the features, so all of these features must be on.
#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document", feature = "skills"))]
#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn compile_fail() {
    copy_documents();
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[cfg(not(feature = "client"))]
#[rustversion::attr(not(stable(1.95)), ignore = "the messages are those of Rust 1.95")]
#[test]
fn compile_fail_without_client() {
    trybuild::TestCases::new().compile_fail("tests/ui/without_client/*.rs");
}

/// Copies documents and skills to the crate in which trybuild compiles the cases: paths in the cases are relative to
/// its folder.
#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document", feature = "skills"))]
fn copy_documents() {
    use std::path::Path;

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")), target.join("tests/trybuild/naftiko"));
    for folder in ["tests/ui/documents", "tests/ui/skills"] {
        copy(&from.join(folder), &to.join(folder));
    }
}

#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document", feature = "skills"))]
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
