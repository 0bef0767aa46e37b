//! Incomplete code, as in an editor: the item is always emitted, and each error is at the tokens that cause it.

use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::{Group, LineColumn, TokenStream, TokenTree};
use quote::ToTokens;
use training_loop_analysis::expand;

const SPEC: &str = "fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader) -> Result<History>;";

/// Start and end of an error, and its message.
type Shown = (LineColumn, LineColumn, String);

/// Every `compile_error!` in an expansion.
fn errors(tokens: TokenStream, found: &mut Vec<Shown>) {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in all.iter().enumerate() {
        match token {
            TokenTree::Group(group) => errors(group.stream(), found),
            TokenTree::Ident(name) if name == "compile_error" => {
                if let Some(TokenTree::Group(group)) = all.get(index + 2) {
                    let text = syn::parse2::<syn::LitStr>(group.stream()).expect("a text").value();
                    found.push((name.span().start(), group.span().end(), text));
                }
            }
            _ => {}
        }
    }
}

fn shown(args: &TokenStream, item: &TokenStream) -> (TokenStream, Vec<Shown>) {
    let expanded = expand(args.clone(), item.clone());
    let mut found = Vec::new();
    errors(expanded.clone(), &mut found);
    (expanded, found)
}

/// Incomplete arguments.
const TYPED: [&str; 24] = [
    "",
    "l",
    "loss",
    "loss =",
    "loss = f",
    "loss = f,",
    "loss = f, optimizer = , epochs = 20",
    "loss = f, optimizer = AdamW::new(model.), epochs = 20",
    "loss = f, optimizer = AdamW::new(model.parameters(), 1e-), epochs = 20",
    "loss = |output, batch| mse_loss(&output, ), optimizer = o, epochs = 20",
    "loss = |output, batch|, optimizer = o, epochs = 20",
    "loss = f, optimizer = o, epo",
    "loss = f, optimizer = o, epochs = 20 metrics = [accuracy]",
    "loss = f, optimizer = o, epochs = 20, clip_grad_norm =",
    "loss = f, optimizer = o, epochs = 20, validate(every = 2)",
    "loss = f, optimizer = o, epochs = 20, validate(every = )",
    "loss = f, optimizer = o, epochs = 20, metrics = [accuracy, ,]",
    "loss = f, optimizer = o, epochs = 20, train_order = [forward, loss, zero_, backward, step]",
    "loss = f, optimizer = o, epochs = 20, train_order = [forward, loss, zero_grad, { let x = }, backward, step]",
    "loss = f, optimizer = o, epochs = 20, on(epoch_end = |model, state| )",
    "loss = f, optimizer = o, epochs = 20, on(epoch_end = |model, state| { state. })",
    "loss = f, optimizer = o, epochs = 20, allow()",
    "loss = f, optimizer = o, epochs = 20, allow(missing_ste)",
    "loss = f, optimizer = o, epochs = 20, = 3",
];

#[test]
fn errors_stand_under_the_right_tokens() {
    let mut out = String::new();
    for args in TYPED {
        let tokens: TokenStream = args.parse().expect("tokens");
        let item: TokenStream = SPEC.parse().expect("tokens");
        let (_, found) = shown(&tokens, &item);
        let head = "#[training_loop(";
        let _ = writeln!(out, "{head}{args})]");
        for (start, end, text) in found {
            // An error at the item is after the only line of arguments.
            let of_item = text.starts_with("the loop has no") || text.starts_with("the run never");
            let (indent, under) = if of_item { (0, "fn fit(..);\n") } else { (head.len(), "") };
            let carets = "^".repeat(end.column - start.column);
            let _ = writeln!(out, "{under}{}{carets} {text}", " ".repeat(indent + start.column));
        }
        out.push('\n');
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ide.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &out).expect("the record can be written");
    }
    let record = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(record == out, "{}: is stale; it would be\n{out}", path.display());
}

/// The arguments and the function of each spec in the fixtures of expansions.
fn specs() -> Vec<(TokenStream, TokenStream)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let mut specs = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let source = std::fs::read_to_string(entry.expect("an entry").path()).expect("a spec");
        for item in syn::parse_str::<syn::File>(&source).expect("a file").items {
            let mut item: syn::ForeignItemFn = syn::parse2(item.into_token_stream()).expect("a function");
            let at = item.attrs.iter().position(|attribute| attribute.path().is_ident("training_loop"));
            let syn::Meta::List(list) = item.attrs.remove(at.expect("the attribute")).meta else {
                panic!("no arguments")
            };
            specs.push((list.tokens, item.into_token_stream()));
        }
    }
    specs
}

/// Truncates the tokens after token number `at`, counted depth first, and closes open brackets, as an editor does;
/// `end` is set to the end of the last token kept.
fn cut(tokens: TokenStream, at: &mut usize, end: &mut LineColumn) -> Option<TokenStream> {
    let mut kept = Vec::new();
    for token in tokens {
        if *at == 0 {
            return Some(kept.into_iter().collect());
        }
        *at -= 1;
        if let TokenTree::Group(group) = &token {
            *end = group.span_open().end();
            if let Some(inner) = cut(group.stream(), at, end) {
                let mut open = Group::new(group.delimiter(), inner);
                open.set_span(group.span());
                kept.push(open.into());
                return Some(kept.into_iter().collect());
            }
        }
        *end = token.span().end();
        kept.push(token);
    }
    None
}

#[test]
fn an_error_of_cut_off_arguments_stands_in_the_clause_that_is_cut() {
    let (mut count, mut shown_here) = (0, 0);
    for (args, item) in specs() {
        let commas = args.clone().into_iter().filter(|token| token.to_string() == ",");
        let commas: Vec<LineColumn> = commas.map(|comma| comma.span().start()).collect();
        for number in 1.. {
            let mut end = LineColumn { line: 0, column: 0 };
            let Some(typed) = cut(args.clone(), &mut number.clone(), &mut end) else { break };
            let (expanded, found) = shown(&typed, &item);
            let file: syn::File = syn::parse2(expanded).expect("what comes out parses");
            assert!(file.items.iter().any(|item| matches!(item, syn::Item::Fn(_))), "{typed}");
            // A missing clause is reported at the function, any other error in the truncated clause.
            let clause = commas.iter().filter(|comma| **comma < end).max();
            let at_item = |text: &str| text.contains(" has no ");
            for (start, _, text) in &found {
                let inside = clause.is_none_or(|comma| start >= comma) || at_item(text);
                assert!(inside || text.contains("needs") || text.contains("line"), "{typed}\n{text}");
                shown_here += usize::from(inside && !at_item(text));
            }
            count += 1;
        }
    }
    assert!(count > 1000 && shown_here > 300, "{shown_here} of {count}");
}

#[test]
fn a_half_typed_body_comes_out_token_for_token() {
    let whole = "fn fit(model: &mut Mlp, train: &DataLoader) -> Result<()> {
        let mut optimizer = Sgd::new(model.parameters(), 0.1);
        for (index, batch) in train.iter().enumerate() {
            let loss = match model.forward(&batch.input) { Some(x) if index > 3 => f(&x, &[1, 2]), _ => g(|x| x + 1) };
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
        }
        Ok(())
    }";
    let whole: TokenStream = whole.parse().expect("tokens");
    let mut count = 0;
    for number in 1.. {
        let mut end = LineColumn { line: 0, column: 0 };
        let Some(typed) = cut(whole.clone(), &mut number.clone(), &mut end) else { break };
        let (expanded, found) = shown(&TokenStream::new(), &typed);
        let (before, after) = (typed.to_string(), expanded.to_string());
        assert!(after.starts_with(&before), "{before}\n{after}");
        // Text that does not parse is left to rustc; a body that parses may lack its last statements.
        let lacks = |text: &str| text.contains("missing_step") || text.contains("missing_zero_grad");
        assert!(found.iter().all(|(_, _, text)| lacks(text)), "{before}\n{found:?}");
        count += 1;
    }
    assert!(count > 100, "{count}");
}
