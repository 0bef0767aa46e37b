//! Size and wording of files.

use proc_macro2::{TokenStream, TokenTree};

use crate::tree::{Source, demand, files, idents, published, root, rust};

const TEXT: &[&str] =
    &["rs", "md", "toml", "py", "yml", "yaml", "csv", "stderr", "snap", "json", "jsonl", "svg"];

#[test]
fn files_stay_under_400_lines() {
    let mut broken = Vec::new();
    for file in files("", &["rs", "py"]) {
        let lines = file.text.lines().count();
        if lines >= 400 {
            broken.push(format!("{}: {lines} lines", file.path));
        }
    }
    demand("a source file has fewer than 400 lines", &broken);
}

#[test]
fn nothing_is_left_for_later() {
    let mut broken = Vec::new();
    for folder in ["analysis", "lint", "macros", "runtime", "examples", "tests"] {
        for file in rust(folder) {
            idents(file.tokens(), &mut |line, ident, next| {
                if next == "!" && ["todo", "unimplemented", "dbg"].contains(&ident) {
                    broken.push(format!("{}:{line}: {ident}!", file.path));
                }
            });
        }
    }
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("<<<", "<<<< ")];
    for file in files("", &["rs", "py", "md", "toml"]) {
        for (line, text) in numbered(&file) {
            if marks.iter().any(|mark| text.contains(mark)) {
                broken.push(format!("{}:{line}: {}", file.path, text.trim()));
            }
        }
    }
    demand("work left for later belongs into the tracker", &broken);
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let roots = ["/home/", "/root/", "/Users/", "/tmp/", concat!("/wo", "rk/"), "C:\\"];
    let mut broken = Vec::new();
    for file in files("", TEXT) {
        if file.path == "tests/tests/tidy/text.rs" {
            continue;
        }
        for (line, text) in numbered(&file) {
            if roots.iter().any(|root| text.contains(root)) {
                broken.push(format!("{}:{line}: {}", file.path, text.trim()));
            }
        }
    }
    demand("a path of somebody's machine", &broken);
}

#[test]
fn text_ends_where_it_should() {
    let mut broken = Vec::new();
    for file in files("", &["rs", "md", "toml", "py"]) {
        for (line, text) in numbered(&file) {
            if text.ends_with([' ', '\t']) || text.contains('\r') {
                broken.push(format!("{}:{line}: blank at the end of the line", file.path));
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            broken.push(format!("{}: must end with exactly one line break", file.path));
        }
    }
    demand("blanks at ends", &broken);
}

#[test]
fn markdown_has_one_sentence_a_line() {
    let mut broken = Vec::new();
    for file in files("", &["md"]) {
        let mut is_code = false;
        for (line, text) in numbered(&file) {
            is_code ^= text.trim_start().starts_with("```");
            if !is_code && !text.starts_with('|') && two_sentences(text) {
                broken.push(format!("{}:{line}: {text}", file.path));
            }
        }
    }
    demand("Markdown has one sentence a line", &broken);
}

/// Whether a sentence ends within the line: a lower-case letter, a full stop, a space, a capital.
fn two_sentences(line: &str) -> bool {
    let characters: Vec<char> = line.chars().collect();
    characters.windows(4).any(|w| {
        (w[0].is_lowercase() || w[0] == ')' || w[0] == '`')
            && matches!(w[1], '.' | '?')
            && w[2] == ' '
            && w[3].is_uppercase()
    })
}

#[test]
fn messages_name_the_fault_and_not_the_person() {
    let mut broken = Vec::new();
    for file in published() {
        strings(file.tokens(), &mut |line, text| {
            if text.to_lowercase().contains("invalid") {
                broken.push(format!("{}:{line}: {text}", file.path));
            }
        });
    }
    demand("a message says what was found and what to write, never just that it is \"invalid\"", &broken);
}

/// Calls `check` with each string in the tokens that is not documentation.
fn strings(tokens: TokenStream, check: &mut impl FnMut(usize, &str)) {
    let mut is_attribute = false;
    for tree in tokens {
        match tree {
            TokenTree::Literal(literal) if literal.to_string().ends_with(['"', '#']) => {
                check(literal.span().start().line, &literal.to_string());
            }
            TokenTree::Group(group) if !is_attribute => strings(group.stream(), check),
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                is_attribute = true;
                continue;
            }
            // The `!` of `#![...]`.
            TokenTree::Punct(punct) if punct.as_char() == '!' && is_attribute => continue,
            _ => {}
        }
        is_attribute = false;
    }
}

#[test]
fn both_licences_are_there() {
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
}

fn numbered(file: &Source) -> impl Iterator<Item = (usize, &str)> {
    file.text.split('\n').enumerate().map(|(index, text)| (index + 1, text))
}
