//! Fuzzes the parser of `traceparent` and `tracestate`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| naftiko_fuzz::traceparent(data));
