//! Programs with deeper nesting than in real code, on half the default stack of a thread; and tokens passed to the
//! macro with too deep nesting for any parser.
//!
//! An editor or a compiler may run the check on any thread, in an unoptimized build, and an overflow aborts the
//! whole process.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use proc_macro2::TokenStream;
use syn::File;
use training_loop_analysis::{CheckOptions, CheckedFile, check_fn, derive_module, expand, too_deep};

/// Half of the default stack of a thread.
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
        CheckedFile::with_proofs(&file);
        // Dropping a deep tree also recurses, outside of the code under test.
        std::mem::forget(file);
    };
    let run = thread::Builder::new().stack_size(STACK).spawn(checked).expect("a thread starts");
    assert!(run.join().is_ok(), "{start}");
}

/// A function with a text between two steps.
fn around(body: &str) -> String {
    format!("fn fit(x: X, optimizer: &mut Sgd) {{ optimizer.step(); {body}; optimizer.step(); }}")
}

/// Nested constructs that syn can parse 150 levels deep on that stack.
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

/// Nested constructs for which syn itself needs more stack.
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

/// Constructs that nest with or without brackets, as a statement, a type, a pattern or an item: the text repeated
/// before the middle, the middle, and the text repeated after it.
const STATEMENTS: [(&str, &str, &str); 46] = [
    ("-", "x", ""),
    ("!", "x", ""),
    ("- -", "x", ""),
    ("&", "x", ""),
    ("& mut ", "x", ""),
    ("*", "x", ""),
    ("|| ", "x", ""),
    ("|x| ", "x", ""),
    ("|x, y: &T| ", "x", ""),
    ("|S {}| ", "x", ""),
    ("move || ", "x", ""),
    ("return ", "x", ""),
    ("break 'a ", "x", ""),
    ("x = ", "x", ""),
    ("x += ", "x", ""),
    ("x >>= ", "x", ""),
    (".. ", "x", ""),
    ("-..", "x", ""),
    ("if x {} else ", "{}", ""),
    ("if ", "x", " {} else {}"),
    ("if let x = ", "x", " {} else {}"),
    ("if let S {} = ", "x", " {} else {}"),
    ("if true && ", "x", " {} else {}"),
    ("match ", "x", " {}"),
    ("while ", "x", " {}"),
    ("for x in ", "x", " {}"),
    ("for S {} in ", "x", " {}"),
    ("x + ", "x", ""),
    ("x && ", "x", ""),
    ("a < b && ", "x", ""),
    ("", "x", ".f()"),
    ("", "x", ".f"),
    ("", "x", "?"),
    ("", "x", "()"),
    ("", "x", "[0]"),
    ("", "x", " as T"),
    ("unsafe {", "x", "}"),
    ("f::<", "T", ">()"),
    ("let a: Box<", "T", "> = x"),
    ("let a: &'a mut ", "T", " = x"),
    ("let a: fn() -> ", "T", " = x"),
    ("let a: impl Fn() -> ", "T", " = x"),
    ("let a: HashMap<T, ", "T", "> = x"),
    ("let & ", "x", " = x"),
    ("let x @ ", "x", " = x"),
    ("use a::", "b", ""),
];

/// The program for one construct; a keyword at its start is not repeated.
fn repeated((open, middle, close): (&str, &str, &str), depth: usize) -> String {
    let (once, open) = ["let a: ", "let ", "use "]
        .iter()
        .find_map(|once| Some((*once, open.strip_prefix(once)?)))
        .unwrap_or(("", open));
    let (close, end) = close.strip_suffix(" = x").map_or((close, ""), |close| (close, " = x"));
    format!("{once}{}{middle}{}{end}", open.repeat(depth), close.repeat(depth))
}

/// Runs the work on a separate thread with less stack than rustc's.
fn on_the_compilers_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let run = thread::Builder::new().stack_size(5 << 20).spawn(work).expect("a thread starts");
    run.join().expect("it comes to an end")
}

#[test]
fn what_is_too_deep_for_any_parser_comes_out_of_the_macro() {
    on_the_compilers_stack(|| {
        for form in STATEMENTS {
            for depth in [3, 45, 70, 150, 500, 2_000, 6_000] {
                if form.0.ends_with('{') && depth > 2_000 {
                    // Dropping such tokens is outside of the code under test.
                    continue;
                }
                let body = repeated(form, depth);
                let item = format!("fn fit(x: X) {{ {body}; }}");
                let item: TokenStream = item.parse().expect("tokens");
                let expanded = expand(TokenStream::new(), item.clone());
                assert!(expanded.to_string() == item.to_string(), "{form:?} {depth}");
                // Only a spec is rejected.
                let args = format!("loss = |output, batch| {{ {body} }}, epochs = 1, optimizer = o");
                let waiting: TokenStream = "fn fit(model: &mut M, train: &D) -> R;".parse().expect("tokens");
                let expanded = expand(args.parse().expect("tokens"), waiting).to_string();
                let signature = "fn fit (model : & mut M , train : & D) -> R ";
                let (_, rest) = expanded.split_once(signature).unwrap_or_else(|| panic!("{form:?} {depth}"));
                assert!(rest.starts_with('{') || rest.starts_with("where M :"), "{form:?} {depth}");
                assert!(!expanded.contains("this is a bug"), "{form:?} {depth}: {expanded}");
            }
        }
    });
}

#[test]
fn what_is_refused_says_where() {
    on_the_compilers_stack(|| {
        let item: TokenStream = "fn fit(model: &mut M, train: &D) -> R;".parse().expect("tokens");
        let args = format!("loss = {}x, epochs = 1", "!".repeat(2_000)).parse().expect("tokens");
        let expanded = expand(args, item).to_string();
        assert!(expanded.contains("this is nested too deep to be read here"), "{expanded}");
        let deep = format!("struct S {{ x: {}T{} }}", "Box<".repeat(2_000), ">".repeat(2_000));
        let expanded = derive_module(deep.parse().expect("tokens")).to_string();
        assert!(expanded.contains("this is nested too deep to be read here"), "{expanded}");
        let shallow = "struct S { x: Box<Box<T>> }".parse().expect("tokens");
        assert!(!derive_module(shallow).to_string().contains("compile_error"));
    });
}

/// The Rust files below a folder.
fn sources(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && name != "deep" && !name.starts_with('.') {
            sources(&path, to);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            to.push(path);
        }
    }
}

#[test]
fn no_source_that_a_person_writes_is_too_deep() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    assert!(files.len() > 400, "only {} files", files.len());
    for path in files {
        let text = fs::read_to_string(&path).expect("a file");
        // A third of the macro's limit leaves room for more unusual code.
        let Ok(tokens) = text.parse() else { continue };
        assert!(too_deep(&tokens, 1 << 20).is_none(), "{}", path.display());
    }
}
