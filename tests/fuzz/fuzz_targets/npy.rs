//! Arbitrary bytes as a file of the format `npy`.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz -s none npy -- -timeout=5 -max_len=4096`

#![no_main]

#[path = "../put.rs"]
mod put;
#[path = "../read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    read::read("npy", &put::put("npy", bytes));
});
