//! Fuzzes building the URLs of requests.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::url(data));
