//! Fuzzes the encoders of request bodies.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::encode(data));
