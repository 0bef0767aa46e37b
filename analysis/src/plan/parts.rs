//! Decides whether a step runs once per window or per batch, and whether the step is skipped for a
//! batch without weight.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::order::{Step, Work};
use crate::spec::{Entry, EntryKind};
use crate::stage::Stage;

/// Splits the entries into three lists: before, in and after the loop over a window's batches.
pub(super) fn split(entries: Vec<Entry>) -> (Vec<Entry>, Vec<Entry>, Vec<Entry>) {
    let last = last_of_batch(&entries);
    let (mut start, mut batch, mut end) = (Vec::new(), Vec::new(), Vec::new());
    for (index, entry) in entries.into_iter().enumerate() {
        let once = match entry.kind {
            EntryKind::Stage(stage) => matches!(stage, Stage::ZeroGrad | Stage::Step | Stage::Schedule),
            EntryKind::ClipNorm(_) | EntryKind::ClipValue(_) => true,
            EntryKind::Block(_) => index > last,
            EntryKind::TrainingStep => false,
        };
        match (once, index > last) {
            (false, _) => batch.push(entry),
            (true, false) => start.push(entry),
            (true, true) => end.push(entry),
        }
    }
    (start, batch, end)
}

/// The index of the last entry that runs once per batch. This is the last entry that is either
/// `backward` or a block with a `backward`. Without a `backward`, it is the last entry that
/// computes the loss.
fn last_of_batch(entries: &[Entry]) -> usize {
    let last = |asked: &dyn Fn(&Entry) -> bool| entries.iter().rposition(asked);
    let in_block = |entry: &Entry| match &entry.kind {
        EntryKind::Block(block) => calls(block.to_token_stream(), "backward"),
        _ => false,
    };
    let computes = |entry: &Entry| entry.is(Stage::Loss) || matches!(entry.kind, EntryKind::TrainingStep);
    last(&|entry| entry.is(Stage::Backward) || in_block(entry))
        .or_else(|| last(&computes))
        .unwrap_or(entries.len())
}

/// Whether the tokens contain a name.
fn calls(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => calls(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

/// The range of the steps after the loss that use the loss for training.
pub(super) fn weighed(batch: &[Step]) -> Range<usize> {
    let start = batch
        .iter()
        .rposition(|step| matches!(step.work, Work::AddBatch | Work::Guard))
        .map_or(batch.len(), |at| at + 1);
    let end = batch.iter().rposition(|step| !matches!(step.work, Work::Metrics)).map_or(0, |at| at + 1);
    start..end.max(start)
}

/// The check of the gradients that a `step` after these steps needs.
///
/// The result is `None` if no check is needed. It is `Some(true)` if a clip has computed the norm,
/// because a check of the norm then suffices.
pub(super) fn unguarded(steps: &[Step]) -> Option<bool> {
    for step in steps.iter().rev() {
        match step.work {
            Work::ClipNorm(_) => return Some(true),
            Work::ClipValue(_) => return None,
            Work::Block { .. } | Work::Hook { .. } | Work::Backward => return Some(false),
            _ => {}
        }
    }
    Some(false)
}
