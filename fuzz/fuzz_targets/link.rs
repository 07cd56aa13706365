//! Fuzzes the parser of `Link` headers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::link(data));
