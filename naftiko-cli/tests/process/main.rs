//! The `naftiko` command as a child process: its output, its exit codes, and the answers of its servers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod check;
mod common;
mod control;
mod export;
mod printed;
mod readme;
mod serve;
