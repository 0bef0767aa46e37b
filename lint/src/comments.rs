//! Comments of Rust source. The token stream does not contain them, so they are read from the
//! text between tokens.

use std::ops::Range;

use proc_macro2::{Span, TokenStream, TokenTree};

/// A `//` comment, not a doc comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    /// The line of the comment, counted from 1.
    pub(crate) line: usize,
    /// The text after the two slashes.
    pub(crate) text: &'a str,
    /// The line of code that the comment applies to.
    /// This is the comment's own line if the comment trails code, else the line of the next token.
    pub(crate) of: Option<usize>,
}

impl Comment<'_> {
    /// The prefix of a comment that is an instruction to this program.
    pub(crate) const MARK: &'static str = "training-loop:";
}

/// Reads the comments of a text from the gaps between its tokens.
pub(crate) fn comments<'a>(text: &'a str, tokens: &TokenStream) -> Vec<Comment<'a>> {
    let mut scan = Scan { text, at: 0, line: 1, trails: false, comments: Vec::new() };
    let mut open = vec![(tokens.clone().into_iter(), None)];
    while let Some((tokens, close)) = open.last_mut() {
        match tokens.next() {
            Some(TokenTree::Group(group)) => {
                scan.token(group.span_open());
                let inside = group.stream().into_iter();
                open.push((inside, Some(group.span_close())));
            }
            Some(token) => scan.token(token.span()),
            None => {
                if let Some(close) = *close {
                    scan.token(close);
                }
                open.pop();
            }
        }
    }
    scan.gap(text.len());
    scan.comments
}

/// A pass over the tokens of a text.
struct Scan<'a> {
    text: &'a str,
    /// The offset of the first byte after the token that was read last. `line` is the line of this
    /// byte.
    at: usize,
    line: usize,
    /// Whether the token that was read last is code, and not part of a doc comment. A comment on
    /// the line of a code token trails code.
    trails: bool,
    comments: Vec<Comment<'a>>,
}

impl Scan<'_> {
    fn token(&mut self, span: Span) {
        let Range { start, end } = span.byte_range();
        // The tokens of a documentation comment are all at the same place.
        if start < self.at {
            return;
        }
        let is_comment = self.text[start..].starts_with("//") || self.text[start..].starts_with("/*");
        self.gap(start);
        if !is_comment {
            let line = span.start().line;
            let waiting = self.comments.iter_mut().rev().take_while(|comment| comment.of.is_none());
            waiting.for_each(|comment| comment.of = Some(line));
        }
        (self.at, self.line, self.trails) = (end, span.end().line, !is_comment);
    }

    /// Reads the comments between the token that was read last and the byte `end`.
    fn gap(&mut self, end: usize) {
        let code = self.trails.then_some(self.line);
        let mut rest = &self.text[self.at..end];
        let mut line = self.line;
        while let Some(start) = rest.find('/') {
            line += newlines(&rest[..start]);
            rest = &rest[start..];
            let length = comment_length(rest);
            if let Some(text) = rest[..length].strip_prefix("//") {
                self.comments.push(Comment { line, text, of: code.filter(|code| *code == line) });
            }
            line += newlines(&rest[..length]);
            rest = &rest[length..];
        }
    }
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

/// The length of the comment at the start of a text. A block comment includes its nested comments.
fn comment_length(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    let mut depth = 0;
    let mut at = 0;
    while let Some(next) = text[at..].find(['/', '*']) {
        at += next;
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Comment<'_>> {
        let tokens = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        comments(text, &tokens)
    }

    fn texts(text: &str) -> Vec<&str> {
        of(text).into_iter().map(|comment| comment.text).collect()
    }

    #[test]
    fn comments_are_of_their_line_or_of_the_next_code() {
        let text =
            "// a\nlet x = 1; // b\n  //c\r\n/// doc\n//! doc\n\n/** doc\n */ // d\nfn f() {} // e\n// f";
        let found: Vec<_> = of(text).iter().map(|comment| (comment.line, comment.text, comment.of)).collect();
        assert_eq!(
            found,
            [
                (1, " a", Some(2)),
                (2, " b", Some(2)),
                (3, "c\r", Some(9)),
                (8, " d", Some(9)),
                (9, " e", Some(9)),
                (10, " f", None),
            ]
        );
        assert_eq!(of("f(\n1 // a\n);\nlet s = \"\n\"; // b")[1].of, Some(5));
    }

    #[test]
    fn nothing_in_a_literal_is_a_comment() {
        for code in [
            r#"let a = "// no";"#,
            r#"let a = "\"// no";"#,
            r#"let a = "\\"; let b = "// no";"#,
            r#"let a = r"\"; let b = "// no";"#,
            r##"let a = r#"" // no"#;"##,
            r###"let a = br##""# // no"##;"###,
            r#"let a = b"// no";"#,
            r#"let a = c"// no";"#,
            r#"let a = '"'; let b = "// no";"#,
            r#"let a = '\''; let b = "// no";"#,
            r#"let a = b'"'; let b = "// no";"#,
            r#"let a = '\u{22}'; let b = "// no";"#,
            r#"fn f<'a>(x: &'a str) { g("// no") }"#,
            r#"'outer: loop { g("// no") }"#,
            "let ä = \"one\n// no\";",
            "/* // no */",
            "/* /* */ // no\n */",
        ] {
            assert_eq!(texts(code), [""; 0], "{code}");
            assert_eq!(texts(&format!("{code} // yes")), [" yes"], "{code}");
        }
    }
}
