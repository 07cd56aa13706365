//! Runs each target on the stable toolchain: with the same 20,000 inputs every time, for at most 10 seconds, or for as
//! long as `NAFTIKO_FUZZ_SECONDS` says.

use naftiko_fuzz::{TARGETS, drive};
use std::time::Duration;

#[test]
fn a_short_run_finds_nothing() {
    let seconds = std::env::var("NAFTIKO_FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let (inputs, time) = match seconds {
        Some(seconds) => (usize::MAX, Duration::from_secs(seconds)),
        None => (20_000, Duration::from_secs(10)),
    };
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(move || drive(target, inputs, time));
        }
    });
}
