//! Rust's iterators, which every library's loops may be made of: what is lazy, and what drives it.

use syn::Expr;

/// What a method of an iterator does with the closure that it is given, if it is given one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lazy {
    /// Gives what the closure makes of each item.
    Maps,
    /// Gives some of the items; the closure chooses.
    Filters,
    /// Gives the items, or something else in the same number, and takes no closure.
    Keeps,
}

/// What drives an iterator does with its closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// Takes none.
    Plain,
    /// Calls it with each item.
    Each {
        /// Whether it may end the iteration.
        may_stop: bool,
        /// Whether it returns what the closure made of an item: `any`, `find`.
        answers: bool,
    },
    /// Calls it with what was gathered so far and each item.
    Folds,
}

/// What a lazy adaptor does.
pub fn lazy(method: &str, arguments: usize) -> Option<Lazy> {
    let known = match (method, arguments) {
        ("map" | "flat_map" | "map_while" | "filter_map", 1) => Lazy::Maps,
        ("filter" | "inspect" | "take_while" | "skip_while", 1) => Lazy::Filters,
        ("zip" | "take" | "skip" | "chain" | "step_by", 1)
        | ("enumerate" | "rev" | "cloned" | "copied" | "peekable" | "flatten" | "fuse", 0) => Lazy::Keeps,
        _ => return None,
    };
    Some(known)
}

/// What a method that drives an iterator does.
pub fn drive(method: &str, arguments: usize) -> Option<Drive> {
    let known = match (method, arguments) {
        ("sum" | "product" | "collect" | "count" | "last" | "min" | "max" | "unzip", 0) => Drive::Plain,
        ("for_each", 1) => Drive::Each { may_stop: false, answers: false },
        ("try_for_each", 1) => Drive::Each { may_stop: true, answers: false },
        ("all" | "any" | "find" | "position", 1) => Drive::Each { may_stop: true, answers: true },
        ("fold" | "try_fold", 2) => Drive::Folds,
        _ => return None,
    };
    Some(known)
}

/// What an adaptor does to the numbering of the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Adds a number from 0 on, first in a pair.
    Adds,
    /// Pairs two iterators; the number is that of either.
    Pairs,
    /// Leaves out as many items at the start as its argument says.
    Skips,
    /// Items may be left out or reordered: the start is unknown.
    Loses,
    /// Leaves it as it is.
    Keeps,
}

/// What an adaptor of this name does to the numbering of the items.
pub fn numbering(method: &str) -> Option<Numbering> {
    let numbering = match method {
        "enumerate" => Numbering::Adds,
        "zip" => Numbering::Pairs,
        "skip" => Numbering::Skips,
        "filter" | "rev" | "step_by" | "skip_while" => Numbering::Loses,
        "iter" | "into_iter" | "by_ref" | "take" | "take_while" | "peekable" | "inspect" | "progress"
        | "progress_with" | "tqdm" | "fuse" => Numbering::Keeps,
        _ => return None,
    };
    Some(numbering)
}

/// Whether a method fetches the next item of an iterator.
pub fn is_next(method: &str, arguments: usize) -> bool {
    method == "next" && arguments == 0
}

/// What an adaptor over items that may be errors does with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFilter {
    /// Ends the iteration if its function turns errors into `None`: `map_while`.
    EndsByValue,
    /// Ends the iteration if its function is false for errors: `take_while`.
    EndsByTruth,
    /// Leaves the error out if its function turns it into `None`: `filter_map`.
    Drops,
    /// Leaves errors out, if the items are results: `flatten`.
    Flattens,
    /// Passes errors on.
    Passes,
}

/// What an adaptor of this name does with errors.
pub fn error_filter(method: &str) -> Option<ErrorFilter> {
    let filter = match method {
        "map_while" => ErrorFilter::EndsByValue,
        "take_while" => ErrorFilter::EndsByTruth,
        "filter_map" | "flat_map" => ErrorFilter::Drops,
        "flatten" => ErrorFilter::Flattens,
        "enumerate" | "take" | "inspect" => ErrorFilter::Passes,
        _ => return None,
    };
    Some(filter)
}

/// Whether a function given to an adaptor is `Result::ok`, or `Result::is_ok` where `asks`, by its path or in a closure.
pub fn is_ok(function: &Expr, asks: bool) -> bool {
    let name = if asks { "is_ok" } else { "ok" };
    match function {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == name),
        Expr::Closure(closure) => {
            matches!(&*closure.body, Expr::MethodCall(call) if call.method == name && call.args.is_empty())
        }
        _ => false,
    }
}

/// Whether a method returns how many items its receiver has.
pub fn is_length(method: &str, arguments: usize) -> bool {
    arguments == 0 && matches!(method, "len" | "count" | "batches" | "num_batches")
}

/// Whether a method makes an iterator over its receiver.
pub fn is_iteration(method: &str, arguments: usize) -> bool {
    arguments == 0 && matches!(method, "iter" | "into_iter")
}

/// The method that returns the length of a collection.
pub const LENGTH: &str = "len";
