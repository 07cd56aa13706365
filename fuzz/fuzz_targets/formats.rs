//! Fuzzes the decoders of answers in every format.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::formats(data));
