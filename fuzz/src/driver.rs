//! A small fuzzer for the stable toolchain: mutates seeds with a fixed random sequence, without coverage feedback.

use crate::seeds::{
    DIGEST, FORMATS, FRAMES, HEADERS, JSONPATH, LINK, MULTIPART, RETRY_AFTER, TEMPLATE, TRACEPARENT, UNPACK, URL, YAML,
};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A function to fuzz.
pub struct Target {
    /// Its name, which is also the name of the cargo-fuzz binary.
    pub name: &'static str,
    /// The function to run.
    pub run: fn(&[u8]),
    /// The inputs that are mutated.
    pub seeds: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "yaml", run: crate::yaml, seeds: YAML },
    Target { name: "template", run: crate::template, seeds: TEMPLATE },
    Target { name: "jsonpath", run: crate::jsonpath, seeds: JSONPATH },
    Target { name: "formats", run: crate::formats, seeds: FORMATS },
    Target { name: "encode", run: crate::encode, seeds: FORMATS },
    Target { name: "frames", run: crate::frames, seeds: FRAMES },
    Target { name: "unpack", run: crate::unpack, seeds: UNPACK },
    Target { name: "link", run: crate::link, seeds: LINK },
    Target { name: "retry_after", run: crate::retry_after, seeds: RETRY_AFTER },
    Target { name: "digest", run: crate::digest, seeds: DIGEST },
    Target { name: "traceparent", run: crate::traceparent, seeds: TRACEPARENT },
    Target { name: "multipart", run: crate::multipart, seeds: MULTIPART },
    Target { name: "url", run: crate::url, seeds: URL },
    Target { name: "headers", run: crate::headers, seeds: HEADERS },
];

/// The time limit for one input: much longer than any input needs, so that a busy machine is not reported as a finding.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Runs a target with its seeds, and then with `inputs` mutated inputs, or until `time` has passed.
///
/// # Panics
/// Panics if the target panics, or if it takes longer than [`TIME_LIMIT`] for an input. The message has the input.
pub fn drive(target: &Target, inputs: usize, time: Duration) {
    drive_within(TIME_LIMIT, target, inputs, time);
}

fn drive_within(limit: Duration, target: &Target, inputs: usize, time: Duration) {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let start = Instant::now();
    let (input_sender, received) = mpsc::channel::<Vec<u8>>();
    let (done_sender, done) = mpsc::channel();
    let run = target.run;
    // The target has a thread of its own, which is never joined: for some input, it may never return.
    std::thread::spawn(move || {
        for input in received {
            run(&input);
            let _ = done_sender.send(());
        }
    });
    let check = |input: Vec<u8>| {
        let _ = input_sender.send(input.clone());
        let fault = match done.recv_timeout(limit) {
            Ok(()) => return,
            Err(RecvTimeoutError::Timeout) => format!("took longer than {limit:?}"),
            Err(RecvTimeoutError::Disconnected) => "panicked".to_owned(),
        };
        panic!("{} {fault} for the input b\"{}\"", target.name, input.escape_ascii());
    };
    for seed in target.seeds {
        check(seed.as_bytes().to_vec());
    }
    for _ in 0..inputs {
        check(mutated(target.seeds, &mut random));
        if start.elapsed() > time {
            break;
        }
    }
}

/// Returns a seed with a few mutations: bits are flipped, bytes inserted or replaced, and pieces removed, repeated, or
/// taken from another seed.
fn mutated(seeds: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(seeds).as_bytes().to_vec();
    for _ in 0..1 + random.below(6) {
        let (from, to) = random.range(input.len());
        match random.below(7) {
            0 if from < input.len() => input[from] ^= 1 << random.below(8),
            1 => drop(input.drain(from..to)),
            2 => {
                let most = if random.below(20) == 0 { 200 } else { 4 };
                let piece = input[from..to].repeat(1 + random.below(most));
                input.splice(from..from, piece);
            }
            3 => {
                let other = random.pick(seeds).as_bytes();
                let (start, end) = random.range(other.len());
                input.splice(from..to, other[start..end].iter().copied());
            }
            4 => input.insert(from, random.pick(b"\0\n\r\t \"'`<>&;:,|[]{}()*#-.$@?!\\/=%0a\xC3\xFF").to_owned()),
            5 => input.truncate(to),
            _ if from < input.len() => input[from] = u8::try_from(random.below(256)).unwrap_or_default(),
            _ => {}
        }
        input.truncate(64 * 1024);
    }
    input
}

/// The random number generator xorshift64* (Vigna 2016), with a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or_default() % end.max(1)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn range(&mut self, length: usize) -> (usize, usize) {
        let (first, second) = (self.below(length + 1), self.below(length + 1));
        (first.min(second), first.max(second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a target until it reports something, and returns the report.
    fn report(limit: Duration, run: fn(&[u8]), seeds: &'static [&'static str]) -> String {
        let target = Target { name: "target", run, seeds };
        let driven = || drive_within(limit, &target, 100, Duration::MAX);
        std::panic::catch_unwind(driven).unwrap_err().downcast_ref::<String>().unwrap().clone()
    }

    #[test]
    fn an_input_for_which_a_target_never_returns_is_reported() {
        let found = report(
            Duration::from_millis(50),
            |_| loop {
                std::thread::park()
            },
            &["a seed"],
        );
        assert_eq!(found, r#"target took longer than 50ms for the input b"a seed""#);
    }

    #[test]
    fn an_input_for_which_a_target_panics_is_reported() {
        let found = report(TIME_LIMIT, |input| assert!(input == b"fine", "it panics"), &["fine"]);
        assert!(found.starts_with(r#"target panicked for the input b""#), "{found}");
        assert_ne!(found, r#"target panicked for the input b"fine""#);
    }
}
