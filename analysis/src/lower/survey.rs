//! A first look over a function: how names are used, which are assigned, which conditions repeat.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAssign, ExprIf, ExprMethodCall, ExprWhile};

use super::text;
use crate::dialect::Uses;

/// Conditions that are followed at once, at most.
const FOLLOWED: usize = 6;

/// Flags that stand once are followed as long as no more conditions than these are.
const FOLLOWED_FLAGS: usize = 3;

/// What the first look found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Methods called, by the receiver's text.
    pub uses: BTreeMap<String, Uses>,
    /// Names and fields that are assigned somewhere.
    pub assigned: BTreeSet<String>,
    /// Conditions that guard more than one place, with the names they mention.
    pub conditions: Vec<(String, BTreeSet<String>)>,
    /// More conditions repeat than are followed.
    pub too_many: bool,
    counts: BTreeMap<String, (usize, BTreeSet<String>)>,
    depth: usize,
}

impl Survey {
    pub(super) fn of(block: &Block) -> Self {
        let mut survey = Self::default();
        survey.visit_block(block);
        let counts = std::mem::take(&mut survey.counts);
        survey.conditions = counts
            .iter()
            .filter(|(_, (count, _))| *count > 1)
            .map(|(text, (_, names))| (text.clone(), names.clone()))
            .collect();
        survey.too_many = survey.conditions.len() > FOLLOWED;
        survey.conditions.truncate(FOLLOWED);
        // A flag that stands once is asked again in each round of its loop.
        let is_flag = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        let flags = counts.into_iter().filter(|(text, (count, _))| *count == 1 && is_flag(text));
        let room = FOLLOWED_FLAGS.saturating_sub(survey.conditions.len());
        survey.conditions.extend(flags.take(room).map(|(text, (_, names))| (text, names)));
        survey
    }

    /// Counts the single conditions that `&&`, `||` and `!` put together.
    fn condition(&mut self, condition: &Expr) {
        match condition {
            Expr::Binary(both) if matches!(both.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) => {
                self.condition(&both.left);
                self.condition(&both.right);
            }
            Expr::Unary(not) if matches!(not.op, syn::UnOp::Not(_)) => self.condition(&not.expr),
            Expr::Paren(inner) => self.condition(&inner.expr),
            Expr::Group(inner) => self.condition(&inner.expr),
            single => {
                if let Some((text, names)) = repeatable(single) {
                    self.counts.entry(text).or_insert((0, names)).0 += 1;
                }
            }
        }
    }
}

/// Text and names of a condition that says the same whenever nothing it mentions has changed.
pub(super) fn repeatable(condition: &Expr) -> Option<(String, BTreeSet<String>)> {
    let mut pure = Pure { yes: true };
    pure.visit_expr(condition);
    pure.yes.then(|| {
        let mut names = BTreeSet::new();
        identifiers(condition.to_token_stream(), &mut names);
        (text::tight(condition), names)
    })
}

/// All identifiers of a token stream, those in groups included.
pub(super) fn identifiers(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                names.insert(name.to_string());
            }
            TokenTree::Group(group) => identifiers(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Methods that answer the same question the same way.
fn is_pure(method: &str) -> bool {
    method.starts_with("is_")
        || method.starts_with("as_")
        || matches!(method, "len" | "contains" | "item" | "iter" | "abs" | "get" | "rem_euclid" | "unwrap")
}

struct Pure {
    yes: bool,
}

impl<'ast> Visit<'ast> for Pure {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::MethodCall(call) if !is_pure(&call.method.to_string()) => self.yes = false,
            Expr::Call(_)
            | Expr::Macro(_)
            | Expr::Await(_)
            | Expr::Try(_)
            | Expr::Block(_)
            | Expr::Unsafe(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Closure(_)
            | Expr::Assign(_) => self.yes = false,
            _ => {}
        }
        if self.yes {
            visit::visit_expr(self, expr);
        }
    }
}

impl<'ast> Visit<'ast> for Survey {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.depth += 1;
        if self.depth <= super::DEEPEST {
            visit::visit_expr(self, expr);
        }
        self.depth -= 1;
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if matches!(&*call.receiver, Expr::Path(_) | Expr::Field(_)) {
            let uses = self.uses.entry(text::tight(&call.receiver)).or_default();
            let set = if call.args.is_empty() { &mut uses.bare } else { &mut uses.given };
            set.insert(call.method.to_string());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_assign(&mut self, assign: &'ast ExprAssign) {
        targets(&assign.left, &mut self.assigned);
        visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if super::expr::is_assignment(&binary.op) {
            targets(&binary.left, &mut self.assigned);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_if(&mut self, node: &'ast ExprIf) {
        self.condition(&node.cond);
        visit::visit_expr_if(self, node);
    }

    fn visit_expr_while(&mut self, node: &'ast ExprWhile) {
        self.condition(&node.cond);
        visit::visit_expr_while(self, node);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Texts of everything that an assignment's left side assigns.
pub(super) fn targets(left: &Expr, into: &mut BTreeSet<String>) {
    match left {
        Expr::Tuple(tuple) => tuple.elems.iter().for_each(|part| targets(part, into)),
        Expr::Array(array) => array.elems.iter().for_each(|part| targets(part, into)),
        Expr::Struct(fields) => fields.fields.iter().for_each(|field| targets(&field.expr, into)),
        Expr::Call(call) => call.args.iter().for_each(|part| targets(part, into)),
        Expr::Unary(deref) => targets(&deref.expr, into),
        Expr::Paren(inner) => targets(&inner.expr, into),
        Expr::Index(index) => targets(&index.expr, into),
        other => {
            into.insert(text::tight(other));
        }
    }
}
