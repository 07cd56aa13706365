//! What must not compile, and what is said about it: one case for each check, read as a newcomer would.
//!
//! The messages are those of one compiler. On another they read differently, so these cases run on that one alone;
//! `NAFTIKO_UI=1` runs them nevertheless, `NAFTIKO_UI=0` never. `TRYBUILD=overwrite` writes the messages anew.

// Messages name what a capability has, so all features have to be on.
#![cfg(all(feature = "client", feature = "rest", feature = "mcp", feature = "cli"))]

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
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
