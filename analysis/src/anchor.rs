//! Turns the edits of fixes into edits of whole statements.
//!
//! The edits of a lint's fix refer to calls. This module makes each edit refer to the statement
//! around its call. It drops a fix if a statement cannot be moved, or if there is no place for a
//! new statement. The module does not read the text of the file.

use proc_macro2::LineColumn;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, File, Item, Stmt};

use crate::diagnostic::{Diagnostic, Place};
use crate::fix::Edit;
use crate::items::{self, Function, Visitor};

/// Makes the edits of each fix refer to statements instead of calls. Drops a fix if a call has no
/// statement that can be edited.
pub(crate) fn anchor(file: &File, findings: &mut [Diagnostic]) {
    if findings.iter().all(|finding| finding.fix.is_none()) {
        return;
    }
    let mut extents = Extents(Vec::new());
    items::walk(&file.items, &mut extents);
    extents.0.sort_by_key(|extent| extent.start);
    for finding in findings {
        let Some(mut fix) = finding.fix.take() else { continue };
        let edits: Option<Vec<Edit>> = fix.edits.iter().map(|edit| extents.settle(edit)).collect();
        if let Some(edits) = edits {
            fix.edits = edits;
            finding.fix = Some(fix);
        }
    }
}

/// A range of the source, and the statement around it. A fix for a call in the range edits this
/// statement instead of the call.
struct Extent {
    start: (usize, usize),
    end: (usize, usize),
    /// The statement around the range. `None` if the code in the range runs only under a condition,
    /// or if the range is a closure, which runs later.
    statement: Option<Place>,
    /// Whether the statement ends with a semicolon.
    ended: bool,
}

struct Extents(Vec<Extent>);

fn at(place: LineColumn) -> (usize, usize) {
    (place.line, place.column)
}

impl Extents {
    fn push(&mut self, place: Place, statement: bool, ended: bool) {
        let (start, end) = (at(place.start.start()), at(place.end.end()));
        self.0.push(Extent { start, end, statement: statement.then_some(place), ended });
    }

    /// The innermost extent that contains a place.
    fn around(&self, place: &Place) -> Option<&Extent> {
        let (start, end) = (at(place.start.start()), at(place.end.end()));
        let before = self.0.partition_point(|extent| extent.start <= start);
        self.0[..before].iter().rev().find(|extent| end <= extent.end)
    }

    /// The statement around a call, if a new statement can be inserted before it.
    fn beside(&self, place: &Place) -> Option<Place> {
        self.around(place).and_then(|extent| extent.statement)
    }

    /// The statement around a call, if a new statement can be inserted after it. The statement must
    /// end with a semicolon.
    fn behind(&self, place: &Place) -> Option<Place> {
        self.around(place).filter(|extent| extent.ended).and_then(|extent| extent.statement)
    }

    /// The statement that consists of this call alone.
    fn alone(&self, place: &Place) -> Option<Place> {
        let extent = self.around(place)?;
        let is_call = extent.ended && extent.start == at(place.start.start());
        extent.statement.filter(|_| is_call)
    }

    fn settle(&self, edit: &Edit) -> Option<Edit> {
        Some(match edit {
            Edit::Before(place, code) => Edit::Before(self.beside(place)?, code.clone()),
            Edit::After(place, code) => Edit::After(self.behind(place)?, code.clone()),
            Edit::Remove(place) => Edit::Remove(self.alone(place)?),
            Edit::MoveBefore(from, to) => Edit::MoveBefore(self.alone(from)?, self.beside(to)?),
            Edit::MoveAfter(from, to) => Edit::MoveAfter(self.alone(from)?, self.behind(to)?),
        })
    }
}

impl<'f> Visitor<'f> for Extents {
    fn function(&mut self, function: &Function<'f>, inside: impl FnOnce(&mut Self)) {
        if !function.deep {
            self.visit_block(function.body);
        }
        inside(self);
    }
}

impl<'ast> Visit<'ast> for Extents {
    /// Skips items, because the walk over items visits inner functions.
    fn visit_item(&mut self, _: &'ast Item) {}

    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let ended = matches!(statement, Stmt::Local(_) | Stmt::Expr(_, Some(_)));
        let is_code = matches!(statement, Stmt::Local(_) | Stmt::Expr(..));
        self.push(Place::of(statement), is_code, ended);
        visit::visit_stmt(self, statement);
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        let opaque = match expr {
            Expr::If(_)
            | Expr::Match(_)
            | Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Loop(_)
            | Expr::Closure(_)
            | Expr::Macro(_)
            | Expr::Async(_) => true,
            Expr::Binary(binary) => matches!(binary.op, syn::BinOp::And(_) | syn::BinOp::Or(_)),
            _ => false,
        };
        if opaque {
            let span = expr.span();
            let (start, end) = (at(span.start()), at(span.end()));
            self.0.push(Extent { start, end, statement: None, ended: false });
        }
        visit::visit_expr(self, expr);
    }
}
