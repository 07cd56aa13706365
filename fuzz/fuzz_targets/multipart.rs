//! Fuzzes building multipart bodies.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::multipart(data));
