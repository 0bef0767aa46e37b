//! Fixes: changes of the source that resolve a finding.
//!
//! A lint refers to calls. They are later replaced by the statements around them; a fix without a statement that
//! can be moved, or have another inserted next to it, is dropped. The text of the file is not used here.

use proc_macro2::LineColumn;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, File, Stmt};

use crate::cfg::Certain;
use crate::diagnostic::{Diagnostic, Place};
use crate::lower::deep::leave_out_deep_bodies;

/// A change of the source that resolves a finding.
#[derive(Clone, Debug)]
pub struct Fix {
    /// Its description.
    pub message: String,
    /// Whether it can be applied automatically.
    pub applicability: Applicability,
    /// Its edits, each of a different statement.
    pub edits: Vec<Edit>,
}

/// Whether a fix can be applied automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// One of several possible fixes.
    Maybe,
    /// It can be applied without review.
    Safe,
}

/// One edit of a statement.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Inserts a statement before the one at this place.
    Before(Place, String),
    /// Inserts a statement after the one at this place.
    After(Place, String),
    /// Removes the statement.
    Remove(Place),
    /// Moves the first statement before the second.
    MoveBefore(Place, Place),
    /// Moves the first statement after the second.
    MoveAfter(Place, Place),
}

impl Fix {
    /// A fix of one edit; its description is the finding's help.
    pub(crate) fn new(applicability: Applicability, edit: Edit) -> Self {
        Self { message: String::new(), applicability, edits: vec![edit] }
    }

    /// Sets the description, unless there is one; a fix of a possible finding is never `Safe`.
    pub(crate) fn told(mut self, help: Option<&str>, certain: Certain) -> Self {
        if self.message.is_empty() {
            help.unwrap_or_default().clone_into(&mut self.message);
        }
        if certain == Certain::Some {
            self.applicability = Applicability::Maybe;
        }
        self
    }

    /// The combined fix of two faults that are merged into one finding.
    pub(crate) fn both(fix: Option<Box<Self>>, other: Option<Self>) -> Option<Box<Self>> {
        let (mut fix, other) = (fix?, other?);
        fix.edits.extend(other.edits);
        Some(fix)
    }
}

/// Replaces the calls in each fix by the statements around them, and drops fixes without such statements.
pub(crate) fn settle(file: &File, findings: &mut [Diagnostic]) {
    if findings.iter().all(|finding| finding.fix.is_none()) {
        return;
    }
    let mut extents = Extents(Vec::new());
    extents.visit_file(file);
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

/// A range of source that may contain a call.
struct Extent {
    start: (usize, usize),
    end: (usize, usize),
    /// Its statement, unless code in this range is conditional or deferred.
    statement: Option<Place>,
    /// Whether it ends in a semicolon.
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

    /// The innermost extent around a place.
    fn around(&self, place: &Place) -> Option<&Extent> {
        let (start, end) = (at(place.start.start()), at(place.end.end()));
        let before = self.0.partition_point(|extent| extent.start <= start);
        self.0[..before].iter().rev().find(|extent| end <= extent.end)
    }

    /// The statement before which another can be inserted.
    fn beside(&self, place: &Place) -> Option<Place> {
        self.around(place).and_then(|extent| extent.statement)
    }

    /// The statement after which another can be inserted: it must end in a semicolon.
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

impl<'ast> Visit<'ast> for Extents {
    leave_out_deep_bodies!('ast);

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
