//! Iterators whose items have numbers.

use syn::Expr;

use super::shape::number;
use crate::limits;
use crate::lower::Lower;
use crate::vocabulary::rust::{Numbering, numbering};

/// An iterator whose items have numbers, such as an iterator from `enumerate`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    pub(super) start: Option<i64>,
    /// Index of the number in the tuple of an item; `None` if the item itself is the number.
    pub(super) part: Option<usize>,
}

impl Lower<'_> {
    /// The stream of an iterator, if the items of the iterator have numbers.
    pub(super) fn stream(&mut self, items: &Expr, depth: usize) -> Option<Stream> {
        if depth > limits::NESTED_ARITHMETIC {
            return None;
        }
        match items {
            Expr::Paren(inner) => self.stream(&inner.expr, depth + 1),
            Expr::Reference(inner) => self.stream(&inner.expr, depth + 1),
            Expr::Range(range) => {
                let start = range.start.as_ref().and_then(|start| number(start));
                Some(Stream { start, part: None })
            }
            Expr::Path(_) => {
                self.place_of(items).and_then(|path| self.guarding.counting.streams.get(&path)).copied()
            }
            // A bar that shows how far the loop is.
            Expr::Call(call) if call.args.len() == 1 => self.stream(&call.args[0], depth + 1),
            Expr::MethodCall(call) => {
                let first = call.args.first();
                match numbering(&call.method.to_string())? {
                    Numbering::Adds => Some(Stream { start: Some(0), part: Some(0) }),
                    Numbering::Pairs => {
                        let number = |lower: &mut Self, items: &Expr| {
                            lower.stream(items, depth + 1).filter(|stream| stream.part.is_none())
                        };
                        if let Some(left) = number(self, &call.receiver) {
                            return Some(Stream { part: Some(0), ..left });
                        }
                        number(self, first?).map(|right| Stream { part: Some(1), ..right })
                    }
                    Numbering::Skips => {
                        let by = first.and_then(number);
                        let stream = self.stream(&call.receiver, depth + 1)?;
                        Some(Stream {
                            start: stream.start.zip(by).and_then(|(start, by)| start.checked_add(by)),
                            ..stream
                        })
                    }
                    Numbering::Loses => {
                        Some(Stream { start: None, ..self.stream(&call.receiver, depth + 1)? })
                    }
                    Numbering::Keeps => self.stream(&call.receiver, depth + 1),
                }
            }
            _ => None,
        }
    }
}
