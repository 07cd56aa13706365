//! The `naftiko` command as a child process: what it prints, how it ends, and what callers get from what it serves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod check;
mod common;
mod printed;
mod readme;
mod serve;
