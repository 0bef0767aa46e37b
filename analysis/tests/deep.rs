//! Programs nested deeper than anybody writes, on half the stack that a thread usually has.
//!
//! An editor and a compiler check on whatever thread they like, in a build that is not optimized, and an
//! overflow takes the whole process with it.

use std::fmt::Write as _;
use std::thread;

use syn::File;
use training_loop_analysis::{CheckOptions, check_file, check_fn, prove_file};

/// Half of what a thread has when nobody asks for more.
const STACK: usize = 1024 * 1024;

fn check(source: &str) {
    let text = source.to_owned();
    let start: String = text.chars().take(120).collect();
    let checked = move || {
        let file: File = syn::parse_file(&text).expect("the source parses");
        let options = CheckOptions { annotated: true, ..CheckOptions::default() };
        for item in &file.items {
            if let syn::Item::Fn(function) = item {
                check_fn(function, &options);
            }
        }
        check_file(&file);
        prove_file(&file);
        // Taking a tree apart costs a stack of its own, which is not ours.
        std::mem::forget(file);
    };
    let run = thread::Builder::new().stack_size(STACK).spawn(checked).expect("a thread starts");
    assert!(run.join().is_ok(), "{start}");
}

/// A function between whose two steps a text stands.
fn around(body: &str) -> String {
    format!("fn fit(x: X, optimizer: &mut Sgd) {{ optimizer.step(); {body}; optimizer.step(); }}")
}

/// Nests that syn parses 150 deep on that stack.
const NESTS: [(&str, &str); 28] = [
    ("{", "}"),
    ("if x {", "}"),
    ("if let Some(x) = x {", "} else { x }"),
    ("match x { Some(x) if x => 1, _ =>", "}"),
    ("match ", "{ x => 1 }"),
    ("for x in y {", "}"),
    ("while let Some(x) = x {", "}"),
    ("'a: {", "}"),
    ("loop {", "break; }"),
    ("unsafe {", "}"),
    ("(", ")"),
    ("(x, ", ")"),
    ("[", "]"),
    ("-", ""),
    ("&mut ", ""),
    ("f(", ")"),
    ("Some(", ")"),
    ("x.f(", ")"),
    ("mse_loss(&", ", y)"),
    ("x[", "]"),
    ("S { x:", "}"),
    ("|| ", ""),
    ("x + (", ")"),
    ("println!(\"{}\",", ")"),
    ("vec![", "]"),
    ("let x = {", "};"),
    ("let Some(x) = y else {", "};"),
    ("", "?"),
];

/// Nests for which syn itself needs more.
const WIDE_NESTS: [(&str, &str); 5] = [
    ("|| {", "}"),
    ("(|| {", "})()"),
    ("no_grad(|| {", "})"),
    ("x.iter().for_each(|x| {", "})"),
    ("async {", "}.await"),
];

fn nested((open, close): (&str, &str), depth: usize) {
    check(&around(&format!("{}x{}", open.repeat(depth), close.repeat(depth))));
}

#[test]
fn nests_of_every_kind() {
    for form in NESTS {
        for depth in [10, 60, 118, 150] {
            nested(form, depth);
        }
    }
    for form in WIDE_NESTS {
        for depth in [10, 25, 38, 48] {
            nested(form, depth);
        }
    }
}

#[test]
fn nests_of_several_kinds() {
    let mix = "if x { match x { _ => { for x in y { f(x.f(&(y, || ";
    for depth in [2, 8, 12, 15] {
        check(&around(&format!("{}x{}", mix.repeat(depth), "))) } } } }".repeat(depth))));
    }
}

#[test]
fn functions_that_call_each_other() {
    let nest = |inner: &str| format!("{}{inner}{}", "if x {".repeat(25), "}".repeat(25));
    let mut source = around("f0(x, optimizer)");
    for level in 0..12 {
        let call = nest(&format!("f{}(x, optimizer)", level + 1));
        let _ = writeln!(source, "fn f{level}(x: X, optimizer: &mut Sgd) {{ optimizer.step(); {call} }}");
    }
    check(&source);
}

#[test]
fn chains() {
    let long = 5000;
    check(&around(&format!("let y = x{}; y.backward()", ".relu()".repeat(long))));
    check(&around(&format!("let y = x{}; y.backward()", " + x".repeat(long))));
    check(&around(&format!("let y = x{}; y.backward()", " && x".repeat(long))));
    let fault =
        "fn other(optimizer: &mut Sgd) { optimizer.zero_grad(); optimizer.step(); optimizer.step(); }";
    let deep = around(&format!("let y = x{}; y.backward()", ".relu()".repeat(long)));
    check(&format!("{fault} {deep} fn calls() {{ fit(x, &mut optimizer); }}"));
    check(&around(&format!("{} {{}}", "if x { y.step() } else ".repeat(2000))));
}
