//! The nesting depth of tokens, measured before they are parsed.
//!
//! A Rust parser is recursive, and deep enough nesting overflows any stack: the compiler then aborts without a
//! location. Therefore the tokens are measured first, without recursion, and an input that would need too much
//! stack is not parsed. The measure counts brackets, and everything that nests without them: prefix operators,
//! closures, generics, `return`, `if`, types after `->`. It is an upper bound: a long list of comparisons may count
//! as generics.

use proc_macro2::{Spacing, Span, TokenStream, TokenTree, token_stream};

/// The stack available for parsing tokens, in bytes: well below half of the 8 MiB of rustc's thread.
pub(crate) const STACK: usize = 3 << 20;

// The stack used per level in an unoptimized build, in bytes: 8 MiB divided by the depth that overflows it, the
// worst case over expressions, types, patterns and items.
const GROUP: usize = 42_000;
const ANGLE: usize = 60_000;
const ARROW: usize = 48_000;
const REFERENCE: usize = 38_000;
const SIGN: usize = 4_500;
const CLOSURE: usize = 18_000;
const KEYWORD: usize = 15_000;
const ASSIGNMENT: usize = 9_000;
const RANGE: usize = 12_500;
const PATH: usize = 4_500;
/// A link of a chain, over which only visitors of the tree recurse: `a + b`, `a.b()`, `else`.
const LINK: usize = 1_200;
/// A field or a method: more visitors recurse over field paths than over other chains.
const DOT: usize = 5_000;

/// The first token at which parsing would need more than `stack` bytes, if any.
pub fn too_deep(tokens: &TokenStream, stack: usize) -> Option<Span> {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::new(tokens.clone(), 0);
    loop {
        let Some(token) = level.tokens.next() else {
            level = outer.pop()?;
            continue;
        };
        let span = token.span();
        let group = level.read(&token);
        if level.cost() > stack {
            return Some(span);
        }
        if let Some(group) = group {
            let inner = Level::new(group, level.cost());
            level.leave();
            outer.push(std::mem::replace(&mut level, inner));
        }
    }
}

/// The kind of the previous token, as far as it decides how to read the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// Nothing, an operator or a keyword: an operand follows.
    Operator,
    /// A name: an operator follows, or generics.
    Operand,
    /// A literal, or closed brackets: an operator follows.
    Closed,
    /// A block, after which a statement may be complete.
    Block,
    /// `'`, before the name of a lifetime.
    Quote,
    /// `#` or `#!`, before an attribute.
    Hash,
}

/// The remaining tokens between two brackets, and the constructs open at the current one.
struct Level {
    tokens: token_stream::IntoIter,
    /// The stack used by the enclosing brackets.
    outside: usize,
    previous: Previous,
    /// The previous punctuation character, if this token continues it, and whether it was a prefix operator.
    joint: Option<(char, bool)>,
    /// The number of open generic argument lists.
    angles: usize,
    /// Whether the current token is between the bars of a closure.
    parameters: bool,
    /// The stack used by prefix operators, which end with their operand.
    tight: usize,
    /// The stack used by constructs that extend as far right as possible: closures, `return`, assignments.
    loose: usize,
}

impl Level {
    fn new(tokens: TokenStream, outside: usize) -> Self {
        Self {
            tokens: tokens.into_iter(),
            outside,
            previous: Previous::Operator,
            joint: None,
            angles: 0,
            parameters: false,
            tight: 0,
            loose: 0,
        }
    }

    fn cost(&self) -> usize {
        self.outside + self.angles * ANGLE + self.tight + self.loose
    }

    /// Counts a token and returns the tokens in its brackets.
    fn read(&mut self, token: &TokenTree) -> Option<TokenStream> {
        let joint = self.joint.take();
        if self.previous == Previous::Block {
            self.after_block(token);
        }
        match token {
            // The name of a lifetime or a label is not an operand.
            TokenTree::Ident(_) if self.previous == Previous::Quote => self.previous = Previous::Operator,
            TokenTree::Ident(ident) => self.word(&ident.to_string()),
            TokenTree::Literal(_) => self.operand(Previous::Closed),
            TokenTree::Punct(punct) => {
                let prefix = !matches!(self.previous, Previous::Operand | Previous::Closed);
                self.sign(punct.as_char(), prefix, joint);
                self.joint = (punct.spacing() == Spacing::Joint).then_some((punct.as_char(), prefix));
            }
            TokenTree::Group(group) => {
                if matches!(self.previous, Previous::Operand | Previous::Closed) {
                    self.loose += LINK;
                }
                self.tight += GROUP;
                let braces = group.delimiter() == proc_macro2::Delimiter::Brace;
                let attribute = self.previous == Previous::Hash;
                self.previous = match (braces, attribute) {
                    (true, _) => Previous::Block,
                    (_, true) => Previous::Operator,
                    _ => Previous::Closed,
                };
                return Some(group.stream());
            }
        }
        None
    }

    /// Closes the brackets just counted.
    fn leave(&mut self) {
        self.tight = 0;
    }

    fn operand(&mut self, previous: Previous) {
        self.tight = 0;
        self.previous = previous;
    }

    /// Ends a statement, an item or an element of a list.
    fn end(&mut self) {
        (self.angles, self.parameters, self.tight, self.loose) = (0, false, 0, 0);
        self.previous = Previous::Operator;
    }

    /// Ends a statement after a block, unless the next token continues it.
    fn after_block(&mut self, token: &TokenTree) {
        self.previous = Previous::Closed;
        match token {
            TokenTree::Ident(word) if *word == "in" => {}
            TokenTree::Ident(word) if *word == "else" => self.loose = self.loose.saturating_sub(KEYWORD),
            TokenTree::Punct(punct) if !matches!(punct.as_char(), '#' | '\'') => {}
            _ => self.end(),
        }
    }

    fn word(&mut self, word: &str) {
        match word {
            "if" | "match" | "while" | "for" | "return" | "break" | "yield" | "let" | "become" => {
                self.loose += KEYWORD;
                self.previous = Previous::Operator;
            }
            "else" | "as" => {
                self.loose += LINK;
                self.previous = Previous::Operator;
            }
            "in" | "mut" | "const" | "ref" | "dyn" | "impl" | "fn" | "move" | "async" | "unsafe"
            | "static" | "box" | "raw" | "where" | "extern" | "try" | "loop" | "do" => {
                self.tight += LINK;
                self.previous = Previous::Operator;
            }
            _ => self.operand(Previous::Operand),
        }
    }

    /// Counts a punctuation character, which may continue the one in `before`.
    fn sign(&mut self, sign: char, prefix: bool, before: Option<(char, bool)>) {
        let joint = before.map(|(sign, _)| sign);
        let comparison = self.previous == Previous::Closed;
        self.previous = Previous::Operator;
        match (joint, sign) {
            (_, ';') | (Some('='), '>') => self.end(),
            (_, ',') if self.angles == 0 && !self.parameters => self.end(),
            (Some('-'), '>') => self.loose += ARROW,
            (Some('<'), '=' | '-') => {
                self.angles = self.angles.saturating_sub(1);
                self.loose += ASSIGNMENT;
            }
            // After `&&` no generic argument list is open.
            (Some('&'), '&') if before == Some(('&', false)) => self.angles = 0,
            (Some('='), '=') => {
                self.angles = 0;
                self.loose = self.loose.saturating_sub(ASSIGNMENT);
            }
            (Some('.'), '.') => self.loose += RANGE,
            (Some(':'), ':') | (_, '@') => self.loose += PATH,
            (_, '<') if !comparison => self.angles += 1,
            (_, '>') => {
                self.angles = self.angles.saturating_sub(1);
                self.previous = Previous::Operand;
            }
            (_, '|') if self.parameters => self.parameters = false,
            (Some('|'), '|') => self.angles = 0,
            (_, '|') if prefix => {
                self.parameters = true;
                self.loose += CLOSURE;
            }
            (_, '&' | '*') if prefix => self.tight += REFERENCE,
            (_, '-' | '!') if prefix => self.tight += SIGN,
            (_, '?') => {
                self.loose += LINK;
                self.previous = Previous::Closed;
            }
            (_, '=') if joint.is_none() => self.loose += ASSIGNMENT,
            (Some('+' | '-' | '*' | '/' | '%' | '^' | '&' | '|' | '>'), '=') => self.loose += ASSIGNMENT,
            (None, '.') => self.loose += DOT,
            (_, '\'') => self.previous = Previous::Quote,
            (_, '#') => self.previous = Previous::Hash,
            (_, '!') if joint == Some('#') => self.previous = Previous::Hash,
            (None, _) => {
                self.tight = 0;
                self.loose += LINK;
            }
            _ => {}
        }
    }
}
