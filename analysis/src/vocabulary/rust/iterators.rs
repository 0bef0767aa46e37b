//! Iterator methods: lazy adaptors, and methods that drive an iterator.

use syn::Expr;

/// The kind of a lazy adaptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lazy {
    /// Yields the closure's result for each item.
    Maps,
    /// Yields the items that the closure chooses: `filter`.
    Filters,
    /// Yields items without calling a closure: `take`, `zip`, `rev`, `enumerate`.
    Keeps,
}

/// The kind of a method that drives an iterator. The kinds differ in the use of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drive {
    /// Takes no closure: `sum`, `count`.
    Plain,
    /// Calls the closure with each item: `for_each`, `any`.
    Each {
        /// Whether the method may end the iteration early.
        may_stop: bool,
        /// Whether the method's result depends on the closure's results: `any`, `find`.
        answers: bool,
    },
    /// Calls the closure with an accumulator and each item: `fold`.
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
    /// Pairs the items of two iterators. Each iterator keeps its numbering.
    Pairs,
    /// Skips some items at the start. The argument is the number of skipped items: `skip`.
    Skips,
    /// Skips or reorders items, so that the number of the first item is unknown.
    Loses,
    /// Keeps the numbering of the items.
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

/// What an iterator adaptor does with an error, if its items are `Result`s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorFilter {
    /// Ends the iteration at an error if the adaptor's function turns errors into `None`: `map_while`.
    EndsByValue,
    /// Ends the iteration at an error if the adaptor's function returns `false` for errors: `take_while`.
    EndsByTruth,
    /// Skips an error if the adaptor's function turns errors into `None`: `filter_map`.
    Drops,
    /// Skips errors if the items are results: `flatten`.
    Flattens,
    /// Passes an error on.
    Passes,
}

/// The effect of the adaptor with this name on errors.
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

/// Whether the argument of an adaptor is `Result::ok`, as a path or as a closure that calls `ok`.
///
/// If `asks` is set, tests for `Result::is_ok` instead.
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

/// Whether a method borrows an iterator: `by_ref`. A later loop then continues after the items that
/// were taken.
pub fn borrows_iterator(method: &str) -> bool {
    method == "by_ref"
}

/// Whether a method limits an iterator to the number of items that its argument specifies:
/// `take(k)`.
pub fn takes(method: &str, arguments: usize) -> bool {
    method == "take" && arguments == 1
}

/// The method that returns the length of a collection.
pub const LENGTH: &str = "len";
