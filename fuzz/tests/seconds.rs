//! Each target for some seconds on the stable toolchain: a set number of inputs, always the same, unless
//! `NAFTIKO_FUZZ_SECONDS` asks for more.

use naftiko_fuzz::{TARGETS, drive};
use std::time::Duration;

#[test]
fn nothing_is_found_in_seconds() {
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
