//! The checker on unusual programs: very long, very deep, and scrambled.
//!
//! It must not panic, and its time must grow with the length of the program.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proc_macro2::{Group, TokenStream, TokenTree};
use proptest::prelude::*;
use training_loop_analysis::diagnostic::Diagnostic;
use training_loop_analysis::{CheckOptions, Checked, check_file, check_fn};

fn annotated() -> CheckOptions {
    CheckOptions { annotated: true, ..CheckOptions::default() }
}

fn check(source: &str) -> (Vec<Diagnostic>, Duration) {
    let function = syn::parse_str(source).expect("the source parses");
    let start = Instant::now();
    let findings = check_fn(&function, &annotated());
    (findings, start.elapsed())
}

/// A function whose loop has many updates, each with a branch. The last update lacks its `zero_grad`.
fn long(updates: usize) -> String {
    let mut text = String::from(
        "fn fit(model: &mut Mlp, train: &DataLoader) {
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            for batch in train {",
    );
    for update in 0..updates {
        let _ = write!(
            text,
            "optimizer.zero_grad();
             let loss{update} = mse_loss(&model.forward(&batch.input), &batch.target);
             if batch.len() > {update} {{ println!(\"{{}}\", loss{update}.item()); }}
             loss{update}.backward();
             optimizer.step();\n"
        );
    }
    text.push_str("optimizer.step(); } }");
    text
}

#[test]
fn ten_thousand_statements_take_no_time() {
    let (findings, time) = check(&long(2000));
    assert_eq!(findings.iter().filter_map(|finding| finding.lint).collect::<Vec<_>>(), ["step_repeated"]);
    println!("10,000 statements: {time:?}");
    // Allowance for a debug build on a busy machine. A quadratic algorithm would take minutes.
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn time_grows_with_the_length() {
    let least = |updates: usize| {
        let source = long(updates);
        (0..3).map(|_| check(&source).1).min().expect("three runs were made")
    };
    let (short, long) = (least(300), least(1200));
    assert!(long < short * 12, "four times the statements: {short:?} became {long:?}");
}

#[test]
fn deep_programs_are_left_alone() {
    for (open, close) in
        [("{", "}"), ("if x {", "}"), ("for x in y {", "}"), ("(", ")"), ("f(", ")"), ("|| {", "}")]
    {
        for depth in [10, 100, 150] {
            let body = format!("{}x{}", open.repeat(depth), close.repeat(depth));
            let source = format!(
                "fn fit(x: X, optimizer: &mut Sgd) {{ optimizer.step(); {body}; optimizer.step(); }}"
            );
            check(&source);
        }
    }
    let chain = format!("fn fit(x: X) {{ let y = x{}; y.backward(); }}", ".relu()".repeat(2000));
    check(&chain);
    let sum = format!("fn fit(x: X) {{ let y = x{}; y.backward(); }}", " + x".repeat(2000));
    check(&sum);
}

#[test]
fn loops_in_loops_do_not_double_for_ever() {
    let depth = 12;
    let source = format!(
        "fn fit(model: &mut M, data: &D) {{
            let mut optimizer = Sgd::new(model.parameters(), 0.1);
            {} f(&model.forward(x)).backward(); optimizer.step(); {}
        }}",
        "for x in data {".repeat(depth),
        "}".repeat(depth)
    );
    let (findings, time) = check(&source);
    assert_eq!(findings.len(), 1);
    assert!(time < Duration::from_secs(5), "{time:?}");
}

#[test]
fn closures_that_call_closures_do_not_double_for_ever() {
    let mut source = String::from("fn fit(model: &mut M) { let f0 = || model.train();\n");
    for level in 1..40 {
        let _ = writeln!(source, "let f{level} = || {{ f{0}(); f{0}(); }};", level - 1);
    }
    source.push_str("f39(); let again = || again(); again(); }");
    let (_, time) = check(&source);
    assert!(time < Duration::from_secs(5), "{time:?}");
}

/// Statements that loops consist of, and some that no loop needs.
const FORMS: [&str; 40] = [
    "optimizer.zero_grad();",
    "loss.backward();",
    "optimizer.step();",
    "optimizer.clip_grad_norm(1.0);",
    "let loss = mse_loss(&model.forward(x), y);",
    "let (output, loss) = (model.forward(x), loss);",
    "let Some(loss) = loss else { continue };",
    "let mut optimizer = Sgd::new(model.parameters(), 0.1);",
    "let optimizer = &mut optimizer;",
    "let Pair { left: model, .. } = pair;",
    "optimizer = Adam::new(model.parameters(), 0.1);",
    "(loss, _) = (loss, 1);",
    "[a, b] = [b, a];",
    "total += loss;",
    "if i % k == 0 { optimizer.step(); } else if let Some(x) = y && !done { break; }",
    "match loss { Ok(loss) if loss.item() > 0.0 => loss.backward(), _ => return }",
    "'outer: loop { loop { break 'outer; } }",
    "let x = 'found: { if done { break 'found 1; } 2 };",
    "while let Some(x) = it.next() { loss.backward()?; continue; }",
    "for x in [&mut optimizer, &mut other] { x.step(); }",
    "(0..3).for_each(|x| optimizer.step());",
    "data.iter().map(|x| loss.backward()).sum::<f32>();",
    "let again = |loss: &Tensor| -> f32 { loss.backward(); 1.0 };",
    "again(&loss);",
    "no_grad(|| model.forward(x));",
    "let _guard = no_grad_guard();",
    "unsafe { optimizer.step() }",
    "const { 1 + 1 };",
    "async { optimizer.step() }.await;",
    "let later = async move { loss.backward() };",
    "println!(\"{loss} {}\", loss.item());",
    "assert!(matches!(x, Some(_) if loss.item() > 1.0), \"{x}\");",
    "my_macro!(optimizer => step, { loss });",
    "self.optimizer.as_mut().unwrap().step();",
    "optimizers[i].step(); optimizers[0].zero_grad();",
    "return Ok((model, optimizer));",
    "let all = Trainer { model, optimizer, ..default };",
    "*x.y.0 = loss; x.y.0.backward();",
    "fn nested() { loss.backward() }",
    "{ use a::b; let x = &raw const y; yield_now()..=3; }",
];

/// Shuffles, drops and repeats tokens at all depths, as determined by the numbers.
fn scramble(tokens: TokenStream, numbers: &mut impl Iterator<Item = usize>) -> TokenStream {
    let mut all: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let token = match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), scramble(group.stream(), numbers));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        };
        match numbers.next().unwrap_or(9) {
            0 => {}
            1 => all.extend([token.clone(), token]),
            2 => all.insert(all.len() / 2, token),
            _ => all.push(token),
        }
    }
    all.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mixture_of_statements_panics(picks in prop::collection::vec(0..FORMS.len(), 1..14), inside in any::<bool>()) {
        let body: String = picks.iter().map(|pick| FORMS[*pick]).collect::<Vec<_>>().join("\n");
        let body = if inside { format!("for (i, x) in data.iter().enumerate() {{ {body} }}") } else { body };
        let source = format!("async fn fit(&mut self, model: &mut M, mut optimizer: Option<Sgd>, loss: L) {{ {body} }}");
        if let Ok(method) = syn::parse_str(&format!("impl T {{ {source} }}")) {
            let file: syn::File = syn::parse_quote!(#method);
            let _: &syn::Item = &method;
            check_file(&file);
        }
        let function: syn::ItemFn = syn::parse_str(&source).expect("every mixture parses");
        check_fn(&function, &CheckOptions::default());
        Checked::function(&function, &annotated()).drawing();
    }

    #[test]
    fn no_scrambled_program_panics(picks in prop::collection::vec(0..FORMS.len(), 1..10), numbers in prop::collection::vec(0..40_usize, 60)) {
        let body: String = picks.iter().map(|pick| FORMS[*pick]).collect();
        let source = format!("fn fit(model: &mut M, optimizer: &mut Sgd) {{ for x in data {{ {body} }} }}");
        let tokens: TokenStream = source.parse().expect("it is a token stream");
        let scrambled = scramble(tokens, &mut numbers.into_iter());
        if let Ok(function) = syn::parse2(scrambled) {
            check_fn(&function, &annotated());
        }
    }
}
