//! Fuzzes the parsers of templates.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::template(data));
