//! Source text for messages: tokens set as a person would, long arguments left out.

use crate::vocabulary::rust::expects_operand;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

/// Longest text that is shown in full.
const LONGEST: usize = 44;

/// The node's tokens with no more space than reading needs.
pub(crate) fn tight(node: &impl ToTokens) -> String {
    let mut out = String::new();
    write(node.to_token_stream(), &mut out);
    out
}

/// Calls of a chain that are shown; those before them become `..`.
const CHAIN: usize = 8;

/// A call as a message shows it: whole if it is short, else with `..` for its arguments.
pub(crate) fn call(expr: &Expr) -> String {
    chain(expr, CHAIN)
}

fn chain(expr: &Expr, calls: usize) -> String {
    match expr {
        Expr::MethodCall(_) if calls == 0 => "..".to_owned(),
        Expr::MethodCall(node) => {
            let receiver = chain(&node.receiver, calls - 1);
            let receiver = if matches!(&*node.receiver, Expr::Binary(_) | Expr::Unary(_) | Expr::Range(_)) {
                format!("({receiver})")
            } else {
                receiver
            };
            let whole = format!("{receiver}.{}({})", node.method, tight(&node.args));
            shorter(whole, || {
                format!("{receiver}.{}({})", node.method, if node.args.is_empty() { "" } else { ".." })
            })
        }
        Expr::Call(node) => shorter(tight(expr), || format!("{}(..)", tight(&node.func))),
        other => shorter(tight(other), || {
            let start: String = tight(other).chars().take(LONGEST - 2).collect();
            format!("{start}..")
        }),
    }
}

fn shorter(whole: String, short: impl FnOnce() -> String) -> String {
    if whole.chars().count() <= LONGEST { whole } else { short() }
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut prefix = true;
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => (" { ", " }"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                write(group.stream(), out);
                out.push_str(close);
                prefix = false;
            }
            TokenTree::Punct(mark) => {
                prefix =
                    punctuate(mark.as_char(), mark.spacing() == proc_macro2::Spacing::Joint, prefix, out);
            }
            word => {
                if out.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | ')' | ']')) {
                    out.push(' ');
                }
                out.push_str(&word.to_string());
                prefix = matches!(&word, TokenTree::Ident(name) if expects_operand(name));
            }
        }
    }
}

/// Writes one punctuation mark and says whether an operand is still to come.
fn punctuate(mark: char, joint: bool, prefix: bool, out: &mut String) -> bool {
    match mark {
        '.' | ':' | '?' | '\'' | '#' => out.push(mark),
        ',' | ';' => {
            out.push(mark);
            out.push(' ');
            return true;
        }
        '&' | '*' | '!' | '-' | '|' if prefix => {
            out.push(mark);
            return true;
        }
        _ if joint => {
            if !out.ends_with(['=', '<', '>', '+', '-', '*', '/', '&', '|', '!', '%', ' ']) {
                out.push(' ');
            }
            out.push(mark);
            return false;
        }
        '!' | '<' | '>' if out.ends_with(':') => out.push(mark),
        _ => {
            if !out.ends_with(['=', '<', '>', '+', '-', '*', '/', '&', '|', '!', '%', ' ']) {
                out.push(' ');
            }
            out.push(mark);
            out.push(' ');
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> String {
        call(&syn::parse_str(source).expect("the test's source parses"))
    }

    #[test]
    fn calls_read_as_they_were_written() {
        for source in [
            "loss.backward()",
            "optimizer.step()",
            "self.optimizer.zero_grad()",
            "(&loss * 0.5).backward()",
            "Sgd::new(model.parameters(), 0.01)",
            "i % k == 0",
            "let Some(batch) = batches.next()",
            "!done && i > 0",
            "loss * batch.len() as f32",
        ] {
            assert_eq!(shown(source), source);
        }
        assert_eq!(
            shown("cross_entropy(&model.forward(&batch.input), &batch.target).backward()"),
            "cross_entropy(..).backward()"
        );
    }
}
