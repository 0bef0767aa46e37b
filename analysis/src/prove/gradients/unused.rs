//! Doubts that a proof about the existing backwards and steps does not settle: a backward or a fused step may be
//! missing, an updated model may be lost, or a target may be trained by mistake.

use crate::cfg::{Argument, Difference, Fate, Gives, IdleKind, LossCall, Outcome, Root, SiteId, Source};
use crate::flow::Observed;
use crate::prove::Asked;
use crate::stage::Effect;

/// The reason why the existing backwards and steps may not be what the function needs; `None`
/// without a reason.
pub(super) fn doubt(asked: &Asked<'_>) -> Option<String> {
    unread(asked).or_else(|| idle(asked)).or_else(|| trained_target(asked)).or_else(|| one_sided(asked))
}

/// A branch without a fused step, beside a branch with one.
fn one_sided(asked: &Asked<'_>) -> Option<String> {
    let empty = asked.cfg.function.idle.iter().any(|fault| fault.kind == IdleKind::EmptyBranch);
    empty.then(|| "whether a step of the branch without one is missing".to_owned())
}

/// An optimizer that the function builds and never steps. Its backward may be missing together with its step.
fn idle(asked: &Asked<'_>) -> Option<String> {
    let steps = |id: usize| {
        let step = |what: &Observed| matches!(what, Observed::Effect(of, Effect::Take, _) if *of == id);
        asked.solution.visits.iter().any(|visit| step(&visit.what))
    };
    let mut optimizers = asked.cfg.optimizers.iter().enumerate();
    let (_, idle) = optimizers.find(|(id, known)| {
        !known.built.is_empty() && !known.escapes && !known.lost && !known.several && !steps(*id)
    })?;
    Some(format!("whether a step of `{}` is missing", idle.name))
}

/// A loss that nothing reads, or an updated model that is dropped.
fn unread(asked: &Asked<'_>) -> Option<String> {
    let line = |site: SiteId| asked.cfg.sites[site].place.line();
    let mut lost = asked.cfg.facts.all::<Outcome>().filter(|(_, outcome)| match outcome.fate {
        Fate::Dropped | Fate::Unread(_) => true,
        Fate::Kept | Fate::Named(_) => false,
    });
    lost.find_map(|(site, outcome)| match outcome.gives {
        Gives::Loss | Gives::LossOfTensors => {
            Some(format!("whether a backward from the loss of line {} is missing", line(site)))
        }
        Gives::Model(_) => Some(format!("whether the updated model of line {} is to be kept", line(site))),
        Gives::Reduced | Gives::Copy | Gives::Gradients | Gives::Output => None,
    })
}

/// A target through which the backward reaches the model that computed the output.
///
/// Such a target lacks a `detach`. The update therefore also moves the target.
fn trained_target(asked: &Asked<'_>) -> Option<String> {
    let facts = &asked.cfg.facts;
    let losses = facts.all::<LossCall>().map(|(_, call)| (call.site, &call.output, &call.target));
    let by_hand = facts.all::<Difference>().map(|(_, call)| (call.site, &call.output, &call.target));
    let from = |site| facts.all::<Root>().any(|(_, root)| root.origin.compared.contains(&site));
    let mut trained = losses.chain(by_hand).filter(|(_, output, target)| {
        let same = output.origin.models.overlaps(&target.origin.models, &asked.cfg.paths) == Some(true);
        let apart = target.origin.forwards.iter().any(|forward| !output.origin.forwards.contains(forward));
        same && apart && has_graph(output) && has_graph(target)
    });
    let (site, ..) = trained.find(|(site, ..)| from(*site))?;
    let line = asked.cfg.sites[site].place.line();
    Some(format!("whether the target of the loss at line {line} is to be trained as well"))
}

fn has_graph(argument: &Argument) -> bool {
    let origin = &argument.origin;
    origin.source == Source::Computed && origin.cut.is_none() && !origin.unrecorded
}
