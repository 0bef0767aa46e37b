//! The functions of a file with their extents, and the number of loops in the file.

use proc_macro2::{Ident, LineColumn, Span};

use crate::attribute::is_ours;
use crate::diagnostic::Place;
use crate::items::{Bodiless, Function};

/// The functions and loops of a file.
#[derive(Debug, Default)]
pub struct Outline {
    functions: Vec<Extent>,
    loops: usize,
}

/// The extent of a function with a body, or of a function whose body is generated from a spec.
#[derive(Debug)]
struct Extent {
    /// The name of the function. The name of a method starts with its type: `Trainer::fit`.
    name: String,
    /// The line and the column of the name. For a spec, the line and the column of its attributes.
    start: (usize, usize),
    /// The line and the column of the end.
    end: (usize, usize),
}

impl Outline {
    /// The number of functions.
    pub fn functions(&self) -> usize {
        self.functions.len()
    }

    /// The number of loops, including the loops of specs.
    pub fn loops(&self) -> usize {
        self.loops
    }

    /// The name of the innermost function around a position. Lines count from 1, columns from 0.
    pub fn around(&self, line: usize, column: usize) -> Option<&str> {
        let at = (line, column);
        // Functions are in source order: of those that begin before, the last that has not ended.
        let before = self.functions.partition_point(|function| function.start <= at);
        let found = self.functions[..before].iter().rev().find(|function| at < function.end);
        found.map(|function| function.name.as_str())
    }

    fn push(&mut self, owner: Option<&Ident>, name: &Ident, start: Span, end: Span) {
        let name = owner.map_or_else(|| name.to_string(), |owner| format!("{owner}::{name}"));
        let position = |at: LineColumn| (at.line, at.column);
        self.functions.push(Extent { name, start: position(start.start()), end: position(end.end()) });
    }

    /// Adds a function with a body.
    pub(crate) fn add(&mut self, function: &Function<'_>) {
        let name = &function.signature.ident;
        self.push(function.owner, name, name.span(), function.end());
    }

    /// Adds a loop.
    pub(crate) fn add_loop(&mut self) {
        self.loops += 1;
    }

    /// Adds a function without a body.
    pub(crate) fn add_bodiless(&mut self, bodiless: &Bodiless<'_>) {
        let Bodiless { owner, function, tokens } = bodiless;
        let place = Place::of(*tokens);
        self.loops += usize::from(function.attributes.iter().any(is_ours));
        self.push(*owner, &function.signature.ident, place.start, place.end);
    }
}
