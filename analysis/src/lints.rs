//! The catalogue of lints, with one line for each lint.
//!
//! A lint has a page of documentation, a level and a check. The check reads the dataflow solution
//! of a function and reports findings. Lints do not parse syntax and do not depend on each other.
//! This module runs all lints and merges their findings, so that one finding remains for each
//! fault.

use crate::cfg::Cfg;
use crate::diagnostic::{Diagnostic, Level};
use crate::flow::Solution;
use crate::options::CheckOptions;
use crate::suggest::nearest;

mod by_name;
mod calls;
mod context;
mod idle;
mod idle_by_name;
mod page;
mod provenance;
mod report;
mod shared_rows;
mod study;
#[cfg(test)]
mod testing;
mod unread_losses;
mod untrained;
mod window;

pub use context::Context;
pub use report::{Cause, Finding, Report};

/// A fault that the checker can find.
#[derive(Debug)]
pub struct Lint {
    /// The name, as written in `allow(..)`.
    pub name: &'static str,
    /// The level of a finding whose fault occurs on every path.
    pub level: Level,
    /// The fault in one line.
    pub summary: &'static str,
    /// The documentation page, in Markdown.
    pub page: &'static str,
    /// Reports every occurrence of the fault in a solved function. `None` if the module `cross`,
    /// which checks specs, reports the fault.
    pub check: Option<fn(&mut Context<'_>)>,
}

/// Declares a lint from its page (a doc comment), its name, its level and its summary. The word
/// `elsewhere` declares a lint without a check.
macro_rules! lint {
    ($(#[doc = $line:literal])* $name:ident, $level:ident, $summary:literal) => {
        lint! { @ $name, $level, $summary, concat!($($line, "\n"),*), Some(check) }
    };
    ($(#[doc = $line:literal])* $name:ident, $level:ident, $summary:literal, elsewhere) => {
        lint! { @ $name, $level, $summary, concat!($($line, "\n"),*), None }
    };
    (@ $name:ident, $level:ident, $summary:literal, $page:expr, $check:expr) => {
        /// The metadata of this file's lint.
        pub(crate) static LINT: $crate::lints::Lint = $crate::lints::Lint {
            name: stringify!($name),
            level: $crate::diagnostic::Level::$level,
            summary: $summary,
            page: $page,
            check: $check,
        };
    };
}

/// Declares a static for each list of lints, and a module for each lint.
macro_rules! registry {
    ($($(#[$doc:meta])* $list:ident: [$($module:ident,)*])*) => {
        $($(mod $module;)*)*
        $($(#[$doc])* static $list: &[&Lint] = &[$(&$module::LINT),*];)*
    };
}

registry! {
    /// The lints that check a function.
    ALL: [
        unrelated_optimizer,
        backward_ignored,
        update_lost,
        reduced_gradient_unused,
        step_before_backward,
        missing_zero_grad,
        missing_backward,
        missing_step,
        gradients_discarded,
        step_in_block,
        step_repeated,
        backward_repeated,
        graph_outdated,
        clip_before_backward,
        clip_after_step,
        optimizer_rebuilt,
        model_rebuilt,
        double_softmax,
        loss_arguments_swapped,
        loss_without_gradient,
        target_not_detached,
        loss_without_reduction,
        loss_total_never_reset,
        loss_average_mixed,
        best_by_training_loss,
        data_error_ends_epoch,
        norm_read_after_zero,
        recorded_parameter_write,
        training_unused,
        unused_parameter,
        validates_on_training_data,
        epochs_off_by_one,
        zero_grad_every_batch,
        step_outside_batch_loop,
        schedule_per_batch,
        schedule_ends_early,
        clip_per_batch,
        unscaled_accumulation,
        accumulation_tail_dropped,
        accumulation_off_by_one,
        accumulation_inverted,
        training_in_eval_mode,
        evaluation_in_train_mode,
        recording_in_evaluation,
        backward_without_recording,
        frozen_in_train_mode,
        step_in_evaluation,
        pending_gradients_skipped,
        ema_before_step,
        swa_without_update_bn,
        checkpoint_mid_update,
        optimizer_state_not_saved,
        graph_kept,
        schedule_before_step,
        schedule_detached,
        clip_before_unscale,
        missing_detach,
        stale_parameters,
        missing_all_reduce,
        all_reduce_before_backward,
        clip_before_all_reduce,
        step_before_all_reduce,
        collective_on_some_ranks,
        missing_set_epoch,
    ]
    /// The lints that are reported while a spec is parsed. No loop can be generated from an order
    /// with such a fault.
    OF_SPECS: [
        loss_before_forward,
        backward_before_loss,
    ]
}

/// All lints that check a function, in the order of the catalogue.
pub fn all() -> &'static [&'static Lint] {
    ALL
}

/// All lints that are reported while a spec is parsed.
pub fn of_specs() -> &'static [&'static Lint] {
    OF_SPECS
}

/// The lint with this name.
pub fn find(name: &str) -> Option<&'static Lint> {
    catalogue().find(|lint| lint.name == name)
}

/// The lint with the name most similar to `name`. `None` if no name is similar enough.
pub fn nearest_to(name: &str) -> Option<&'static Lint> {
    nearest(name, catalogue().map(|lint| lint.name)).and_then(find)
}

/// The catalogue as a Markdown document.
pub fn document() -> String {
    page::document(&catalogue().collect::<Vec<_>>())
}

/// All lints: first the lints that check a function, then the lints of specs.
fn catalogue() -> impl Iterator<Item = &'static Lint> {
    ALL.iter().chain(OF_SPECS).copied()
}

/// Runs every lint and merges the findings. One finding remains for each fault, in source order.
pub(crate) fn judge(cfg: &Cfg, solution: &Solution, options: &CheckOptions) -> Vec<Diagnostic> {
    let mut cx = Context::new(cfg, solution, options);
    for lint in ALL {
        if let Some(check) = lint.check {
            cx.lint = Some(lint);
            check(&mut cx);
        }
    }
    by_name::report_named(&mut cx);
    idle_by_name::report_idle_names(&mut cx);
    cx.settle()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_guessed() {
        assert_eq!(find("missing_step").map(|lint| lint.name), Some("missing_step"));
        assert!(find("missing_steps").is_none());
        assert_eq!(nearest_to("missing_zero_grads").map(|lint| lint.name), Some("missing_zero_grad"));
        assert!(nearest_to("unused_variables").is_none());
    }

    #[test]
    fn pages_have_their_five_headings() {
        let headings = ["What it finds", "Why it matters", "Example", "Instead", "Limits"];
        let mut missing = Vec::new();
        for lint in catalogue() {
            let mut rest = lint.page;
            for heading in headings {
                match rest.find(&format!("## {heading}\n")) {
                    Some(at) => rest = &rest[at + 1..],
                    None => missing.push(format!("{}: {heading}", lint.name)),
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }
}
