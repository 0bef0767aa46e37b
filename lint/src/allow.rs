//! Comments that silence findings at a place: `// training-loop: allow(lint): reason`.

use training_loop_analysis::diagnostic::Place;
use training_loop_analysis::lints;

use crate::comments::Comment;

/// The allowances in a file, and the malformed comments. An allowance is a comment that silences
/// findings.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    /// The allowances, as pairs of a line and the name of a lint.
    places: Vec<(usize, String)>,
    /// Malformed comments, as pairs of a line and an error message.
    pub(crate) mistakes: Vec<(usize, String)>,
}

impl Allowed {
    /// Reads the comments of a file.
    pub(crate) fn read(comments: &[Comment<'_>]) -> Self {
        let mut allowed = Self::default();
        for comment in comments {
            if let Some(order) = comment.text.trim_start().strip_prefix(Comment::MARK) {
                allowed.order(comment, order.trim());
            }
        }
        allowed
    }

    /// Whether a comment silences findings of `lint` at `place`.
    pub(crate) fn covers(&self, lint: Option<&str>, place: &Place) -> bool {
        let lines = place.line()..=place.end.end().line;
        self.places.iter().any(|(line, name)| lint == Some(name.as_str()) && lines.contains(line))
    }

    fn order(&mut self, comment: &Comment<'_>, order: &str) {
        let Some((word, rest)) = order.split_once('(') else { return };
        if !word.trim_end().chars().all(|c| c == '_' || c == '-' || c.is_alphanumeric()) {
            return; // Prose that starts with the name of the project.
        }
        let example = "write `// training-loop: allow(lint): reason`";
        let Some((names, behind)) = rest.split_once(')').filter(|_| word.trim_end() == "allow") else {
            self.mistake(comment, format!("`training-loop: {order}` is not understood; {example}"));
            return;
        };
        let reason = behind.trim_start().strip_prefix(':').map(str::trim);
        if reason.is_none_or(str::is_empty) {
            let text = format!("`allow({names})` gives no reason and allows nothing; {example}");
            self.mistake(comment, text);
            return;
        }
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match lints::find(name) {
                Some(_) => self.places.extend(comment.of.map(|line| (line, name.to_owned()))),
                None => self.mistake(comment, unknown(name)),
            }
        }
        if names.trim().is_empty() {
            self.mistake(comment, format!("`allow()` names no lint; {example}"));
        }
    }

    fn mistake(&mut self, comment: &Comment<'_>, message: String) {
        self.mistakes.push((comment.line, message));
    }
}

fn unknown(name: &str) -> String {
    match lints::nearest_to(name) {
        Some(near) => format!("unknown lint `{name}`; did you mean `{}`?", near.name),
        None => format!("unknown lint `{name}`; docs/lints.md has all names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comments::comments;

    /// Pairs of a line and a text. The text of an allowance is its lint, and the text of a mistake
    /// is an error message.
    type Lines = Vec<(usize, String)>;

    fn read(text: &str) -> (Lines, Lines) {
        let allowed = Allowed::read(&comments(text, &text.parse().expect("tokens")));
        (allowed.places, allowed.mistakes)
    }

    #[test]
    fn above_a_line_and_at_its_end() {
        let (places, mistakes) = read(
            "// training-loop: allow(missing_step): a demonstration\n\n// why\nf();\n\
             g(); //training-loop:  allow( missing_step , step_repeated ) :  both\n",
        );
        let places: Vec<_> = places.iter().map(|(line, name)| (*line, name.as_str())).collect();
        assert_eq!(places, [(4, "missing_step"), (5, "missing_step"), (5, "step_repeated")]);
        assert!(mistakes.is_empty());
    }

    #[test]
    fn without_a_reason_or_a_lint_it_is_a_mistake() {
        for (text, said) in [
            ("// training-loop: allow(missing_step)", "gives no reason"),
            ("// training-loop: allow(missing_step): ", "gives no reason"),
            ("// training-loop: allow(missing_steps): x", "did you mean `missing_step`?"),
            ("// training-loop: allow(qwertz): x", "unknown lint `qwertz`; docs"),
            ("// training-loop: allow(): x", "names no lint"),
            ("// training-loop: alow(missing_step): x", "is not understood"),
            ("// training-loop: allow(missing_step: x", "is not understood"),
        ] {
            let (places, mistakes) = read(&format!("{text}\nf();"));
            assert!(places.is_empty(), "{text}");
            assert!(mistakes.len() == 1 && mistakes[0].1.contains(said), "{text}: {mistakes:?}");
        }
    }

    #[test]
    fn prose_is_prose() {
        for text in
            ["// training-loop: the crate", "// training-loop: see there (and here)", "// allow(x): y"]
        {
            assert_eq!(read(text), (vec![], vec![]), "{text}");
        }
    }
}
