//! Messages of rustc: every case under `ui/fail` with its recorded output, every case under `ui/pass` with
//! none.
//!
//! `TRYBUILD=overwrite cargo test -p training-loop-tests --test ui` records the output again; it belongs to
//! the toolchain of `rust-toolchain.toml`.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/**/*.rs");
    cases.pass("ui/pass/**/*.rs");
    // These are nested too deeply for the other tests of the cases.
    cases.pass("deep/unread.rs");
    cases.compile_fail("deep/spec.rs");
}
