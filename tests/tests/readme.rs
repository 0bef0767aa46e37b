//! The README's first screen is real: its broken loop is a case of `ui/fail`, its error is the recorded
//! output of rustc.

const README: &str = include_str!("../../README.md");
const CASE: &str = include_str!("../ui/fail/readme/broken.rs");
const WORDS: &str = include_str!("../ui/fail/readme/broken.stderr");

/// The first block of the README after this opening fence.
fn block(fence: &str) -> &'static str {
    let start = README.find(fence).expect("the README has this block") + fence.len();
    let length = README[start..].find("```").expect("the block ends");
    &README[start..start + length]
}

#[test]
fn the_broken_loop_is_the_one_that_rustc_refuses() {
    let case = CASE.replace(" //~ error missing_zero_grad", "");
    assert_eq!(block("```rust,compile_fail\n"), case);
}

#[test]
fn the_error_is_what_rustc_says() {
    let words =
        WORDS.replace(" //~ error missing_zero_grad", "").replace("ui/fail/readme/broken.rs", "src/main.rs");
    assert_eq!(block("```text\n").trim_end(), words.trim_end());
}
