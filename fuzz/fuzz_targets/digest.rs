//! Fuzzes the parser of `WWW-Authenticate`, and the answers to Digest challenges.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::digest(data));
