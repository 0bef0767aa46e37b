//! Estimates the stack that a parser would need for tokens.
//!
//! A parser of Rust is recursive, and deep enough nesting overflows any stack. The compiler then
//! aborts without naming a place.
//! The estimate itself does not recurse. Tokens beyond a bound are not parsed.
//! The estimate counts brackets, and nesting without brackets: prefix operators, closures,
//! generics, `return`, `if`, types after `->`.
//! The estimate may be too high: a long list of comparisons may count as generics.

use proc_macro2::{Spacing, Span, TokenStream, TokenTree, token_stream};

/// The bytes of stack that parsing may use: well below half of the 8 MiB of the compiler's thread.
pub(crate) const STACK: usize = 3 << 20;

// Bytes for each level in an unoptimized build: 8 MiB divided by the depth that overflows them, the worst over
// expressions, types, patterns and items.
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
/// The cost of a link of a chain: `a + b`, `a.b()`, `else`. Only walks of the syntax tree recurse over links.
const LINK: usize = 1_200;
/// The cost of a field or a method: more walks recurse over paths of fields than over other chains.
const DOT: usize = 5_000;

/// The first place at which a parser of the tokens would need more than `stack` bytes.
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

/// The kind of the token before the current one. Only kinds that affect the meaning of the current
/// token are distinguished.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Previous {
    /// An operator, a keyword, or the start of the input. The next token starts an operand.
    Operator,
    /// A name. The next token is an operator, or starts generics.
    Operand,
    /// A literal or a closing bracket. The next token is an operator.
    Closed,
    /// A block, which may end a statement.
    Block,
    /// `'`, before the name of a lifetime.
    Quote,
    /// `#` or `#!`, before an attribute.
    Hash,
}

/// The tokens between two brackets, and the constructs that are open at the current token.
struct Level {
    tokens: token_stream::IntoIter,
    /// The cost of the brackets around the level.
    outside: usize,
    before: Previous,
    /// The sign before the current token, if the token continues the sign as in `->`. The flag
    /// tells whether the sign was a prefix.
    joint: Option<(char, bool)>,
    /// The number of open generics.
    angles: usize,
    /// Whether the current token is between the bars of a closure.
    parameters: bool,
    /// The cost of the prefix operators whose operand has not ended yet.
    tight: usize,
    /// The cost of constructs that extend as far as possible: closures, `return`, assignments.
    loose: usize,
}

impl Level {
    fn new(tokens: TokenStream, outside: usize) -> Self {
        Self {
            tokens: tokens.into_iter(),
            outside,
            before: Previous::Operator,
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

    /// Adds the cost of a token. If the token is a pair of brackets, returns the tokens in it.
    fn read(&mut self, token: &TokenTree) -> Option<TokenStream> {
        let joint = self.joint.take();
        if self.before == Previous::Block {
            self.after_block(token);
        }
        match token {
            // The name of a lifetime or a label is no operand.
            TokenTree::Ident(_) if self.before == Previous::Quote => self.before = Previous::Operator,
            TokenTree::Ident(ident) => self.word(&ident.to_string()),
            TokenTree::Literal(_) => self.operand(Previous::Closed),
            TokenTree::Punct(punct) => {
                let prefix = !matches!(self.before, Previous::Operand | Previous::Closed);
                self.sign(punct.as_char(), prefix, joint);
                self.joint = (punct.spacing() == Spacing::Joint).then_some((punct.as_char(), prefix));
            }
            TokenTree::Group(group) => {
                if matches!(self.before, Previous::Operand | Previous::Closed) {
                    self.loose += LINK;
                }
                self.tight += GROUP;
                let braces = group.delimiter() == proc_macro2::Delimiter::Brace;
                let attribute = self.before == Previous::Hash;
                self.before = match (braces, attribute) {
                    (true, _) => Previous::Block,
                    (_, true) => Previous::Operator,
                    _ => Previous::Closed,
                };
                return Some(group.stream());
            }
        }
        None
    }

    /// Drops the cost of a pair of brackets from this level. The level inside the brackets has this
    /// cost in `outside`.
    fn leave(&mut self) {
        self.tight = 0;
    }

    fn operand(&mut self, before: Previous) {
        self.tight = 0;
        self.before = before;
    }

    /// Ends a statement, an item or an element of a list, and drops the costs of the constructs in it.
    fn end(&mut self) {
        (self.angles, self.parameters, self.tight, self.loose) = (0, false, 0, 0);
        self.before = Previous::Operator;
    }

    /// Ends a statement after its block, unless `token` continues the statement.
    fn after_block(&mut self, token: &TokenTree) {
        self.before = Previous::Closed;
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
                self.before = Previous::Operator;
            }
            "else" | "as" => {
                self.loose += LINK;
                self.before = Previous::Operator;
            }
            "in" | "mut" | "const" | "ref" | "dyn" | "impl" | "fn" | "move" | "async" | "unsafe"
            | "static" | "box" | "raw" | "where" | "extern" | "try" | "loop" | "do" => {
                self.tight += LINK;
                self.before = Previous::Operator;
            }
            _ => self.operand(Previous::Operand),
        }
    }

    /// Adds the cost of a sign. The sign may continue the sign in `before`, as `>` continues `-` in `->`.
    fn sign(&mut self, sign: char, prefix: bool, before: Option<(char, bool)>) {
        let joint = before.map(|(sign, _)| sign);
        let comparison = self.before == Previous::Closed;
        self.before = Previous::Operator;
        match (joint, sign) {
            (_, ';') | (Some('='), '>') => self.end(),
            (_, ',') if self.angles == 0 && !self.parameters => self.end(),
            (Some('-'), '>') => self.loose += ARROW,
            (Some('<'), '=' | '-') => {
                self.angles = self.angles.saturating_sub(1);
                self.loose += ASSIGNMENT;
            }
            // No generics are open between two conditions.
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
                self.before = Previous::Operand;
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
                self.before = Previous::Closed;
            }
            (_, '=') if joint.is_none() => self.loose += ASSIGNMENT,
            (Some('+' | '-' | '*' | '/' | '%' | '^' | '&' | '|' | '>'), '=') => self.loose += ASSIGNMENT,
            (None, '.') => self.loose += DOT,
            (_, '\'') => self.before = Previous::Quote,
            (_, '#') => self.before = Previous::Hash,
            (_, '!') if joint == Some('#') => self.before = Previous::Hash,
            (None, _) => {
                self.tight = 0;
                self.loose += LINK;
            }
            _ => {}
        }
    }
}
