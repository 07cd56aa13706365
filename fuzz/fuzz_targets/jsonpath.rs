//! Fuzzes JSONPaths and output parameters, applied to an answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::jsonpath(data));
