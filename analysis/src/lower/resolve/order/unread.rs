//! Variables that a function only writes.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprAssign, ExprBinary, Stmt};

use super::walk::{bare, root};
use crate::lower::resolve::Mentions;
use crate::lower::resolve::survey::is_assignment;
use crate::vocabulary::{measures_array, writes};

/// Whether a function never reads a variable. An assignment to a part of the variable, or a method such as `fill`
/// that is a whole statement, is no read.
pub(super) fn is_unread(block: &Block, name: &str) -> bool {
    let mut search = Search { name, read: false };
    search.visit_block(block);
    !search.read
}

struct Search<'n> {
    name: &'n str,
    read: bool,
}

impl Search<'_> {
    /// The left side of an assignment: only its indices are read.
    fn left(&mut self, left: &Expr) {
        match left {
            Expr::Index(index) => {
                self.left(&index.expr);
                self.visit_expr(&index.index);
            }
            Expr::Field(field) => self.left(&field.base),
            Expr::Unary(inner) => self.left(&inner.expr),
            Expr::Paren(inner) => self.left(&inner.expr),
            Expr::Path(_) => {}
            other => self.visit_expr(other),
        }
    }

    fn tokens(&mut self, tokens: &proc_macro2::TokenStream) {
        let mentions = Mentions::of(tokens.clone());
        let shown = format!("{{{}", self.name);
        self.read |=
            mentions.names.contains(self.name) || mentions.formats.iter().any(|text| text.contains(&shown));
    }
}

impl<'ast> Visit<'ast> for Search<'_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        if let Stmt::Expr(expr, Some(_)) = statement
            && let Expr::MethodCall(call) = bare(expr)
            && writes(&call.method.to_string())
            && root(&call.receiver).is_some_and(|root| root == self.name)
        {
            call.args.iter().for_each(|argument| self.visit_expr(argument));
            return;
        }
        visit::visit_stmt(self, statement);
    }

    /// The size of a variable is not its value.
    fn visit_expr_method_call(&mut self, node: &'ast syn::ExprMethodCall) {
        let of_variable = matches!(&*node.receiver, Expr::Path(path) if path.path.is_ident(self.name));
        if !of_variable || !measures_array(&node.method.to_string()) {
            self.visit_expr(&node.receiver);
        }
        node.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_assign(&mut self, node: &'ast ExprAssign) {
        self.left(&node.left);
        self.visit_expr(&node.right);
    }

    fn visit_expr_binary(&mut self, node: &'ast ExprBinary) {
        if is_assignment(&node.op) {
            self.left(&node.left);
        } else {
            self.visit_expr(&node.left);
        }
        self.visit_expr(&node.right);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.read |= path.path.is_ident(self.name);
    }

    fn visit_macro(&mut self, node: &'ast syn::Macro) {
        self.tokens(&node.tokens);
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.read |= literal.value().contains(&format!("{{{}", self.name));
    }
}
