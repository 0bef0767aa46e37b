//! Options of a check.

use crate::diagnostic::Place;
use crate::suppress::Levels;
use crate::vocabulary::Vocabularies;

/// The author of the checked loop, which decides the wording of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Author {
    /// A person: findings are placed at calls and refer to code by its line.
    #[default]
    Person,
    /// The generator: findings are placed at the tokens of a spec and refer to clauses by name.
    Generator,
}

/// The options of a checked function.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct CheckOptions {
    /// The author of the loop.
    pub author: Author,
    /// Whether the function has the attribute. If so, gradients from the caller count as zeroed.
    pub annotated: bool,
    /// The levels that attributes set for lints.
    pub levels: Levels,
    /// Variables declared as optimizers by the attribute.
    pub optimizers: Vec<String>,
    /// Variables declared as models by the attribute.
    pub models: Vec<String>,
    /// The vocabularies of the library that the attribute names: `crate = tch`.
    ///
    /// Without this option, the imports of the file select the vocabularies, or else the methods that the
    /// function calls.
    pub vocabularies: Option<Vocabularies>,
    /// Whether another resolved function calls this function. The code between two calls is then checked in
    /// the caller.
    pub called: bool,
    /// Whether nothing in the checked code steps an optimizer. In an annotated module or `impl`,
    /// nothing calls the function either. Elsewhere the function trains, judging by its name.
    pub unstepped: bool,
    /// Whether nothing in the checked code steps an optimizer or calls the function.
    pub steps_nowhere: bool,
    /// Whether nothing in the checked code may zero gradients or calls the function.
    pub zeroes_nowhere: bool,
    /// Whether nothing in the checked code may zero gradients, although `backward` adds to them and
    /// the function trains, judging by its name.
    pub unzeroed: bool,
    /// Whether some function of the checked code takes a model without gradients from a model, as burn's `valid` does.
    pub takes_inner: bool,
    /// The blocks of a spec that run in evaluation.
    pub evaluates: Vec<Place>,
    /// Whether the schedule of a spec counts epochs.
    pub per_epoch: bool,
    /// The optimizers whose updates the loop of a spec counts, as the expressions that the loop has for them.
    pub counted: Vec<String>,
}
