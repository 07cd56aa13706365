//! What must not compile, and what is said about it: one case for each check, read as a newcomer would.
//!
//! The messages are those of one compiler. On another they read differently, so these cases run on that one alone;
//! `NAFTIKO_UI=1` runs them nevertheless, `NAFTIKO_UI=0` never. `TRYBUILD=overwrite` writes the messages anew.

#![allow(clippy::unwrap_used, reason = "a test")]
// Messages name what a capability has, so all features have to be on.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli", feature = "document"))]

use std::path::Path;
use std::process::Command;

/// The compiler whose messages are written down.
const COMPILER: &str = "rustc 1.95.0";

#[test]
fn mistakes_are_told_where_they_are() {
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
        return;
    }
    bring_documents();
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// Cases are compiled as a crate in another folder, and documents are relative to that.
fn bring_documents() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tests/trybuild/naftiko/tests/ui/documents");
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/documents")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}
