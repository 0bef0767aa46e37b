//! Ranges of rows for training and for validation that overlap, for `validates_on_training_data`.

use super::Context;
use crate::cfg::{HeadKind, LoopId, Rows, Shared, SiteId};
use crate::vocabulary::{Phase, names_series, phase_of_name, rest_of_split};

/// Reports each range for validation that shares rows with a range for training.
pub(super) fn check(cx: &mut Context<'_>, evaluates: &dyn Fn(&Context<'_>, LoopId) -> bool) {
    // A test may train on one batch, and measure on the same one.
    if cx.cfg.function.is_test {
        return;
    }
    let of = |phase: Phase| -> Vec<(SiteId, &Rows)> {
        let all = cx.cfg.facts.all::<Rows>().filter(|(site, _)| !cx.site(*site).conditional);
        all.filter(|(site, rows)| phase_of(cx, *site, rows, evaluates) == Some(phase)).collect()
    };
    let (train, valid) = (of(Phase::Train), of(Phase::Valid));
    let mut found = Vec::new();
    for (site, rows) in valid.iter().copied() {
        let Some((other, theirs)) = counterpart(cx, (site, rows), &train) else { continue };
        // `test_sample` is none of the split if there is `x_test` for `x_train`.
        let fits = |known: &Rows| rest_of_split(&known.name) == rest_of_split(&theirs.name);
        let better = valid.iter().any(|(_, known)| known.are_of_same_data(rows) && fits(known));
        if better && !fits(rows) {
            continue;
        }
        let Some(shared) = rows.shared_with(theirs) else { continue };
        if shared == Shared::All || !is_of_series(cx, rows) {
            found.push((site, other, rows.text.clone()));
        }
    }
    for (site, other, data) in found {
        let message = format!("{} has rows of `{data}` that the model is trained on", cx.call(site));
        let note = format!("{} has the rows for training", cx.call_at(other));
        cx.report_alone(site, message)
            .note_at(other, note)
            .note("an overfitted model looks better than it is")
            .help("begin the rows for validation where the rows for training end");
    }
}

/// The rows for training that belong to some rows for validation: the only ones of the same data, or those with
/// the same words in the name, as `train_small` and `valid_small`.
fn counterpart<'r>(
    cx: &Context<'_>,
    (site, valid): (SiteId, &Rows),
    train: &[(SiteId, &'r Rows)],
) -> Option<(SiteId, &'r Rows)> {
    let beside = |other: SiteId, rows: &Rows| {
        cx.site(site).loops == cx.site(other).loops || rows.name.is_empty() || valid.name.is_empty()
    };
    let of_same = |(other, rows): &&(SiteId, &Rows)| valid.are_of_same_data(rows) && beside(*other, rows);
    let all: Vec<_> = train.iter().filter(of_same).collect();
    match all[..] {
        [one] => Some(*one),
        _ => {
            all.into_iter().find(|(_, rows)| rest_of_split(&rows.name) == rest_of_split(&valid.name)).copied()
        }
    }
}

/// The purpose of some rows: by the name of the variable or the field, or else by the loops over them.
fn phase_of(
    cx: &Context<'_>,
    site: SiteId,
    rows: &Rows,
    evaluates: &dyn Fn(&Context<'_>, LoopId) -> bool,
) -> Option<Phase> {
    let named = phase_of_name(&rows.name);
    named.or_else(|| {
        let over = |of: &LoopId| {
            let known = &cx.cfg.loops[*of];
            known.iterates == Some(site) || rows.path.is_some_and(|path| known.head.variables.contains(&path))
        };
        let loops: Vec<LoopId> = (0..cx.cfg.loops.len()).filter(over).collect();
        let items = |of: &LoopId| cx.cfg.loops[*of].head.kind == HeadKind::Items;
        if loops.is_empty() || !loops.iter().all(items) {
            None
        } else if loops.iter().all(|of| cx.trains_in(*of)) {
            Some(Phase::Train)
        } else {
            loops.iter().all(|of| evaluates(cx, *of)).then_some(Phase::Valid)
        }
    })
}

/// Whether the data are a series, whose validation may begin with rows before it as a context.
fn is_of_series(cx: &Context<'_>, rows: &Rows) -> bool {
    rows.is_series || cx.cfg.paths.variables().any(|(_, name)| names_series(name))
}
