//! What rustc says: every case under `ui/fail` with its recorded words, every case under `ui/pass` with none.
//!
//! `TRYBUILD=overwrite cargo test -p training-loop-tests --test ui` records the words again; they belong to the
//! toolchain of `rust-toolchain.toml`.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/fail/**/*.rs");
    cases.pass("ui/pass/**/*.rs");
    // These are nested too deep for the other readers of the cases.
    cases.pass("deep/unread.rs");
    cases.compile_fail("deep/spec.rs");
}
