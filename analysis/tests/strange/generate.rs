//! Generates programs from bytes: deterministic, and every input gives a program.
//!
//! The bytes come from a fuzzer in the fuzz target, and from proptest in the tests.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

mod words;

use words::{CALLS, METHODS, NAMES, OPERATORS, PATTERNS, TOKENS, VARIABLES};

/// Deepest nesting of a generated program.
const DEEPEST: usize = 7;

/// Decisions read from bytes; all zero after the last byte, which selects the shortest alternatives.
pub(crate) struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Choices<'a> {
    /// Reads decisions from these bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// Whether a byte is left.
    pub(crate) fn more(&self) -> bool {
        self.bytes.len() > 0
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or(0)) % count.max(1)
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }
}

/// A file of functions that call one another, with typical and unusual statements of training loops.
pub(crate) fn file(choices: &mut Choices<'_>) -> String {
    let mut text = String::new();
    let functions = 1 + choices.below(3);
    let heads = [
        "fn fit(model: &mut Mlp, train: &DataLoader, valid: &DataLoader, k: usize)",
        "fn helper(model: &mut Mlp, mut optimizer: Option<&mut Sgd>, training: bool) -> Result<Tensor>",
        "fn train_step(&mut self, batch: &Batch)",
        "async fn evaluate<O: Optimizer>(optimizer: &mut O, scheduler: impl Scheduler, loss: Tensor)",
    ];
    for index in 0..functions {
        let method = choices.below(4) == 3;
        let attribute = choices.of(&["", "#[training_loop]", "#[training_loop(allow(missing_step))]"]);
        let head = if method { heads[2] } else { heads[[0, 1, 3][(index + choices.below(3)) % 3]] };
        let body = block(choices, 0);
        let function = format!("{attribute} {head} {body}\n");
        let (open, close) = if method { ("impl Trainer { ", "}") } else { ("", "") };
        text.extend([open, &function, close]);
    }
    text
}

fn block(choices: &mut Choices<'_>, depth: usize) -> String {
    let mut text = String::from("{ ");
    let count = choices.below(6);
    for _ in 0..count {
        text += &statement(choices, depth + 1);
        text.push('\n');
    }
    text.push('}');
    text
}

fn statement(choices: &mut Choices<'_>, depth: usize) -> String {
    if depth > DEEPEST {
        return "optimizer.step();".to_owned();
    }
    match choices.below(16) {
        0 => format!("{}.{};", choices.of(VARIABLES), method(choices, depth)),
        1 => format!("let {} = {};", choices.of(NAMES), expression(choices, depth)),
        2 => format!("let {} = {} else {{ return }};", choices.of(PATTERNS), expression(choices, depth)),
        3 => format!("{} = {};", choices.of(VARIABLES), expression(choices, depth)),
        4 => format!("for {} in {} {}", choices.of(PATTERNS), subject(choices, depth), block(choices, depth)),
        5 => format!("'l{depth}: loop {}", block(choices, depth)),
        6 => format!("while {} {}", subject(choices, depth), block(choices, depth)),
        7 => format!("if {} {}", subject(choices, depth), block(choices, depth)),
        8 => {
            let (subject, yes) = (subject(choices, depth), block(choices, depth));
            format!("if {subject} {yes} else {}", block(choices, depth))
        }
        9 => {
            let (subject, pattern) = (subject(choices, depth), choices.of(PATTERNS));
            let (first, guard) = (block(choices, depth), subject.len() % 2 == 0);
            let guard = if guard { " if k > 1" } else { "" };
            format!("match {subject} {{ {pattern}{guard} => {first} _ => {} }}", expression(choices, depth))
        }
        10 => format!("let {} = |x, y| {};", choices.of(NAMES), expression(choices, depth)),
        11 => choices
            .of(&["break;", "continue;", "return;", "break 'l1;", "continue 'l1;", "return Ok(loss);"])
            .to_owned(),
        12 => format!("fn f(optimizer: &mut Sgd) {}", block(choices, depth)),
        13 => format!("({}, _) = ({}, 1);", choices.of(NAMES), expression(choices, depth)),
        14 => format!("{}?;", expression(choices, depth)),
        _ => format!("{};", expression(choices, depth)),
    }
}

/// An expression that is allowed before a block.
fn subject(choices: &mut Choices<'_>, depth: usize) -> String {
    match choices.below(5) {
        0 => choices.of(VARIABLES).to_owned(),
        1 => format!("let {} = {}", choices.of(PATTERNS), choices.of(VARIABLES)),
        2 => choices
            .of(&[
                "i % k == 0",
                "training",
                "!training",
                "(i + 1) % k == 0 && training",
                "matches!(x, Some(_))",
            ])
            .to_owned(),
        _ => format!("({})", expression(choices, depth)),
    }
}

fn filled(form: &str, choices: &mut Choices<'_>, depth: usize) -> String {
    let mut text = String::new();
    let mut parts = form.split('$');
    text += parts.next().unwrap_or("");
    for part in parts {
        text += &expression(choices, depth + 1);
        text += part;
    }
    text
}

fn method(choices: &mut Choices<'_>, depth: usize) -> String {
    let form = choices.of(METHODS);
    filled(form, choices, depth)
}

fn expression(choices: &mut Choices<'_>, depth: usize) -> String {
    if depth > DEEPEST || !choices.more() {
        return choices.of(VARIABLES).to_owned();
    }
    match choices.below(14) {
        0 => choices.of(VARIABLES).to_owned(),
        1 | 2 => format!("{}.{}", choices.of(VARIABLES), method(choices, depth)),
        3 => format!("({}).{}", expression(choices, depth + 1), method(choices, depth)),
        4 | 5 => {
            let form = choices.of(CALLS);
            filled(form, choices, depth)
        }
        6 => {
            let operator = choices.of(OPERATORS);
            format!("({} {operator} {})", expression(choices, depth + 1), expression(choices, depth + 1))
        }
        7 => format!("&mut ({})", expression(choices, depth + 1)),
        8 => format!("({}, {})", expression(choices, depth + 1), expression(choices, depth + 1)),
        9 => format!("(|x: &Tensor| {})", expression(choices, depth + 1)),
        10 => format!("(Pair {{ left: {}, ..x }})", expression(choices, depth + 1)),
        11 => format!("(async {}).await", block(choices, depth + 1)),
        12 => format!("(unsafe {})", block(choices, depth + 1)),
        _ => format!(
            "(if {} {} else {})",
            subject(choices, depth),
            block(choices, depth),
            block(choices, depth)
        ),
    }
}

/// Arbitrary tokens with nested groups.
pub(crate) fn soup(choices: &mut Choices<'_>, depth: usize) -> TokenStream {
    let mut all: Vec<TokenTree> = Vec::new();
    while choices.more() {
        // One byte in sixteen ends a group.
        if depth > 0 && choices.below(16) == 15 {
            break;
        }
        let word = choices.of(TOKENS);
        let delimiter = match word {
            "(" => Some(Delimiter::Parenthesis),
            "[" => Some(Delimiter::Bracket),
            "{" => Some(Delimiter::Brace),
            _ => None,
        };
        match delimiter {
            Some(delimiter) if depth < 40 => {
                let inner = soup(choices, depth + 1);
                all.push(Group::new(delimiter, inner).into());
            }
            Some(_) => {}
            None => all.extend(tokens(word)),
        }
    }
    all.into_iter().collect()
}

/// One word as tokens.
fn tokens(word: &str) -> Vec<TokenTree> {
    let start = word.chars().next().unwrap_or(' ');
    if let Some(name) = word.strip_prefix("r#") {
        return vec![Ident::new_raw(name, Span::call_site()).into()];
    }
    if let Some(text) = word.strip_prefix('"') {
        return vec![Literal::string(text.trim_end_matches('"')).into()];
    }
    if let Some(name) = word.strip_prefix('\'') {
        return vec![Punct::new('\'', Spacing::Joint).into(), Ident::new(name, Span::call_site()).into()];
    }
    if start.is_ascii_digit() {
        return vec![word.parse::<Literal>().expect("a number").into()];
    }
    if start.is_alphabetic() || start == '_' {
        return vec![Ident::new(word, Span::call_site()).into()];
    }
    let last = word.chars().count() - 1;
    let spacing = |index| if index == last { Spacing::Alone } else { Spacing::Joint };
    word.chars().enumerate().map(|(index, sign)| Punct::new(sign, spacing(index)).into()).collect()
}
