//! What must not compile, and what is said about it: one case for each check, read as a newcomer would.
//!
//! The messages are those of one compiler. On another they read differently, so these cases run on that one alone;
//! `NAFTIKO_UI=1` runs them nevertheless, `NAFTIKO_UI=0` never. `TRYBUILD=overwrite` writes the messages anew.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(feature = "rest")]

use std::process::Command;

/// The compiler whose messages are written down.
const COMPILER: &str = "rustc 1.95.0";

// Messages name what a capability has, so all features have to be on.
#[cfg(all(feature = "client", feature = "mcp", feature = "cli", feature = "document"))]
#[test]
fn mistakes_are_told_where_they_are() {
    if is_wanted() {
        bring_documents();
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}

/// `cargo test --no-default-features --features rest --test compile_fail`
#[cfg(not(feature = "client"))]
#[test]
fn a_client_that_is_not_there_names_its_feature() {
    if is_wanted() {
        trybuild::TestCases::new().compile_fail("tests/ui/without_client/*.rs");
    }
}

#[cfg(any(not(feature = "client"), all(feature = "mcp", feature = "cli", feature = "document")))]
fn is_wanted() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let wanted = match std::env::var("NAFTIKO_UI").as_deref() {
        Ok("0") => false,
        Ok(_) => true,
        Err(_) => version.starts_with(COMPILER),
    };
    if !wanted {
        eprintln!("skipped: the messages are those of {COMPILER}, and this is {version}");
    }
    wanted
}

/// Copies documents to where cases are compiled: paths are relative to that.
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
