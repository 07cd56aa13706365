//! Fuzzes the parser of `Retry-After` and of the headers of rate limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::retry_after(data));
