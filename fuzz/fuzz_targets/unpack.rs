//! Fuzzes decompressing bodies: gzip, deflate, Brotli and Zstandard, with a limit.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::unpack(data));
