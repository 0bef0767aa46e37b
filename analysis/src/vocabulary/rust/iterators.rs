//! Iterator methods: lazy adaptors, and methods that drive an iterator.

use syn::Expr;

/// The kind of a lazy adaptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lazy {
    /// Yields the closure's result for each item.
    Maps,
    /// Yields the items chosen by the closure.
    Filters,
    /// Yields the items, or other items in the same number, without a closure.
    Keeps,
}

/// The kind of a method that drives an iterator, by its use of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// Takes no closure.
    Plain,
    /// Calls the closure with each item.
    Each {
        /// Whether it may end the iteration early.
        may_stop: bool,
        /// Whether the result of the method depends on the results of the closure: `any`, `find`.
        answers: bool,
    },
    /// Calls the closure with an accumulator and each item.
    Folds,
}

/// The kind of the lazy adaptor with this name.
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

/// The kind of the driving method with this name.
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

/// The effect of an adaptor on the numbering of the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Pairs each item with its index from 0, as `enumerate` does.
    Adds,
    /// Pairs two iterators; the numbering of either is kept.
    Pairs,
    /// Skips a number of items at the start, given by its argument.
    Skips,
    /// Skips or reorders items: the start is unknown.
    Loses,
    /// Keeps the numbering.
    Keeps,
}

/// The effect of the adaptor with this name on the numbering of the items.
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

/// How an adaptor over `Result` items treats an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFilter {
    /// Ends the iteration if its function turns errors into `None`: `map_while`.
    EndsByValue,
    /// Ends the iteration if its function is false for errors: `take_while`.
    EndsByTruth,
    /// Skips the error if its function turns it into `None`: `filter_map`.
    Drops,
    /// Skips errors, if the items are results: `flatten`.
    Flattens,
    /// Passes errors on.
    Passes,
}

/// How the adaptor with this name treats errors.
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

/// Whether an adaptor's argument is `Result::ok`, or `Result::is_ok` with `asks`: as a path or in a closure.
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

/// Whether a method returns the number of items of its receiver.
pub fn is_length(method: &str, arguments: usize) -> bool {
    arguments == 0 && matches!(method, "len" | "count" | "batches" | "num_batches")
}

/// Whether a method returns an iterator over its receiver.
pub fn is_iteration(method: &str, arguments: usize) -> bool {
    arguments == 0 && matches!(method, "iter" | "into_iter")
}

/// The method that returns the length of a collection.
pub const LENGTH: &str = "len";
