//! Fuzzes loading documents: reading, lowering and checking them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::yaml(data));
