//! Arbitrary tokens as arguments and as bodies, and functions that are valid but unusual.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none strange -- -timeout=5 -max_len=400`

#![no_main]

#[path = "../../../analysis/tests/strange/generate.rs"]
mod generate;
#[path = "../../../analysis/tests/strange/hold.rs"]
mod hold;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hold::hold(bytes);
});
