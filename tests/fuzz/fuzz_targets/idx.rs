//! Arbitrary bytes as a file of the format `idx`.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none idx -- -timeout=5 -max_len=4096`

#![no_main]

#[path = "../put.rs"]
mod put;
#[path = "../read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    read::read("idx", &put::put("idx", bytes));
});
