//! Comments of Rust source, which no token stream has.

/// A `//` comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'a> {
    /// Its line, counted from 1.
    pub(crate) line: usize,
    /// What stands behind the two slashes.
    pub(crate) text: &'a str,
    /// It stands behind code.
    pub(crate) trails: bool,
}

/// What a walk over the characters of a file shows.
#[derive(Debug, Default)]
pub(crate) struct Scan<'a> {
    /// All line comments that are no documentation.
    pub(crate) comments: Vec<Comment<'a>>,
    /// Lines on which code stands, in order, each once.
    pub(crate) code: Vec<usize>,
    /// How deep brackets nest.
    pub(crate) depth: usize,
}

/// Walks over the text: strings, raw strings, characters, lifetimes and nested comments are told apart.
pub(crate) fn scan(text: &str) -> Scan<'_> {
    let mut walk = Walk { text, at: 0, line: 1, scan: Scan::default() };
    let mut depth = 0_usize;
    while let Some(next) = walk.rest().chars().next() {
        match next {
            '/' if walk.rest().starts_with("//") => walk.line_comment(),
            '/' if walk.rest().starts_with("/*") => walk.block_comment(),
            '"' => walk.string(),
            '\'' => walk.quote(),
            _ if next == '_' || next.is_alphanumeric() => walk.word(),
            _ => {
                match next {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                walk.scan.depth = walk.scan.depth.max(depth);
                if !next.is_whitespace() {
                    walk.code();
                }
                walk.skip(next.len_utf8());
            }
        }
    }
    walk.scan
}

struct Walk<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    scan: Scan<'a>,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Steps over some bytes and counts the lines in them.
    fn skip(&mut self, bytes: usize) {
        let bytes = bytes.min(self.text.len() - self.at);
        self.line += self.rest()[..bytes].matches('\n').count();
        self.at += bytes;
    }

    fn code(&mut self) {
        if self.scan.code.last() != Some(&self.line) {
            self.scan.code.push(self.line);
        }
    }

    fn line_comment(&mut self) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        let text = &self.rest()[2..length];
        // Four slashes are a rule and not documentation, but nobody writes an order there.
        if !text.starts_with(['/', '!']) {
            let trails = self.scan.code.last() == Some(&self.line);
            self.scan.comments.push(Comment { line: self.line, text, trails });
        }
        self.skip(length);
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    return;
                }
            } else {
                match rest.chars().next() {
                    Some(next) => self.skip(next.len_utf8()),
                    None => return,
                }
            }
        }
    }

    /// A string in plain quotes.
    fn string(&mut self) {
        self.code();
        let mut escaped = false;
        let end = self.rest().char_indices().skip(1).find(|(_, next)| {
            let ends = *next == '"' && !escaped;
            escaped = *next == '\\' && !escaped;
            ends
        });
        self.skip(end.map_or(self.rest().len(), |(at, _)| at + 1));
        self.code();
    }

    /// A character, or a lifetime or label.
    fn quote(&mut self) {
        self.code();
        let mut next = self.rest().chars().skip(1);
        let (first, second) = (next.next(), next.next());
        if first == Some('\\') {
            // The escaped character itself may be a quote.
            let escaped = self.rest().char_indices().nth(3).map_or(self.rest().len(), |(at, _)| at);
            let end = self.rest()[escaped..].find(['\'', '\n']);
            self.skip(end.map_or(self.rest().len(), |at| escaped + at + 1));
        } else if second == Some('\'') {
            self.skip(2 + first.map_or(0, char::len_utf8));
        } else {
            self.skip(1);
        }
    }

    /// A word, which may be the start of a raw string: `r"`, `br#"`, `cr##"`.
    fn word(&mut self) {
        self.code();
        let rest = self.rest();
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        self.skip(length);
        let hashes = behind.bytes().take_while(|byte| *byte == b'#').count();
        if ["r", "br", "cr"].contains(&word) && behind[hashes..].starts_with('"') {
            let inside = hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = behind[inside..].find(&close).map_or(behind.len(), |at| inside + at + close.len());
            self.skip(end);
            self.code();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Vec<(usize, &str, bool)> {
        scan(text).comments.into_iter().map(|comment| (comment.line, comment.text, comment.trails)).collect()
    }

    #[test]
    fn comments_beside_and_above_code() {
        let text = "// a\nlet x = 1; // b\n  //c\r\n/// doc\n//! doc\nfn f() {}";
        assert_eq!(comments(text), [(1, " a", false), (2, " b", true), (3, "c\r", false)]);
        assert_eq!(scan(text).code, [2, 6]);
    }

    #[test]
    fn what_looks_like_one_in_a_literal_is_none() {
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
            "let a = \"one\n// no\";",
            "/* // no */",
            "/* /* */ // no\n */",
        ] {
            assert_eq!(comments(code), [], "{code}");
            let followed = format!("{code} // yes");
            assert_eq!(comments(&followed).last().map(|comment| comment.1), Some(" yes"), "{code}");
        }
    }

    #[test]
    fn text_that_breaks_off_is_no_reason_to_panic() {
        for text in ["\"", "'", "'\\", "'\\u", "r#\"", "r#", "/*", "/* /*", "//", "\"\\", "'ä", "ä", "b'"] {
            scan(text);
        }
        assert_eq!(scan("((([{ \"(\" '(' }])))").depth, 5);
    }
}
