//! Fuzzes splitting a stream into items.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::frames(data));
