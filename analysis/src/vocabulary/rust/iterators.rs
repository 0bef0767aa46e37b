//! Rust's iterators, which every library's loops may be made of: what is lazy, and what drives it.

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
        ("for_each", 1) => Drive::Each { may_stop: false },
        ("try_for_each" | "all" | "any" | "find" | "position", 1) => Drive::Each { may_stop: true },
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
