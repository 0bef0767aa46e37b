//! Text from files, as shown in messages: on one line, and shortened.

use std::fmt::{self, Write as _};

/// The length in characters of the longest text that is shown whole.
const WHOLE: usize = 100;
/// The number of characters that are shown if a text is longer than `WHOLE`.
const SHOWN: usize = 60;
/// The maximum number of names that a message shows from one list.
const NAMES: usize = 10;

/// Displays text from outside the program. A long text is shortened, and control characters are
/// escaped.
///
/// Shortening a shortened text does not change the text.
pub(crate) struct Short<'a>(pub(crate) &'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole = self.0.chars().nth(WHOLE).is_none();
        for character in self.0.chars().take(if is_whole { WHOLE } else { SHOWN }) {
            if character.is_control() {
                write!(f, "{}", character.escape_default())?;
            } else {
                f.write_char(character)?;
            }
        }
        if is_whole { Ok(()) } else { write!(f, "… ({} bytes)", self.0.len()) }
    }
}

/// A copy of a text. A long text is shortened, because an error should not contain a whole file.
pub(crate) fn shorten(text: &str) -> String {
    if text.chars().nth(WHOLE).is_none() { text.to_owned() } else { Short(text).to_string() }
}

/// Displays names in backticks, separated by commas. Only the first few names are shown, followed by the
/// number of the others.
pub(super) struct Names<'a>(pub(super) &'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().take(NAMES).enumerate() {
            write!(f, "{}`{}`", if index == 0 { "" } else { ", " }, Short(name))?;
        }
        write_more(f, self.0.len())
    }
}

/// The first few elements of a list. A message shows only these elements.
pub(super) fn shown<T>(list: &[T]) -> impl Iterator<Item = &T> {
    list.iter().take(NAMES)
}

/// Writes the number of elements that a message does not show, as in ` and 3 more`. `length` is the
/// number of all elements of the list.
pub(super) fn write_more(f: &mut fmt::Formatter<'_>, length: usize) -> fmt::Result {
    if length > NAMES { write!(f, " and {} more", length - NAMES) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_and_lists_are_shortened() {
        assert_eq!(Short("wide").to_string(), "wide");
        assert_eq!(Short("a\u{1b}[31m\nb").to_string(), "a\\u{1b}[31m\\nb");
        let long = "é".repeat(50_000);
        let text = Short(&long).to_string();
        assert_eq!(text, format!("{}… (100000 bytes)", "é".repeat(60)));
        assert_eq!(Short(&text).to_string(), text);
        let names: Vec<String> = (0..100_000).map(|index| format!("layer.{index}")).collect();
        assert_eq!(Names(&names[..2]).to_string(), "`layer.0`, `layer.1`");
        let all = Names(&names).to_string();
        assert!(all.ends_with("`layer.9` and 99990 more"), "{all}");
    }
}
