//! The updates of a loop: an optimizer with its steps, or one for each phase.

use proc_macro2::Span;

use super::order::{self, Order, Work};
use super::{Amounts, Names, Number, Object, Scope, Watch, is_one, number, watch};
use crate::item::SpecFn;
use crate::rules::Checked;
use crate::spec::{self, Spec};

/// An optimizer with the steps of its update.
pub(crate) struct Update {
    /// The phase of the update; `None` in a loop without phases.
    pub(crate) phase: Option<Phase>,
    pub(crate) optimizer: Object,
    pub(crate) scheduler: Option<Object>,
    pub(crate) watch: Option<Watch>,
    pub(crate) order: Order,
}

/// The name and the interval of a phase.
pub(crate) struct Phase {
    pub(crate) name: String,
    pub(crate) at: Span,
    /// The phase runs on the last of every `every` batches; `None` if it runs on every batch.
    pub(crate) every: Option<Number>,
}

impl Update {
    /// The numbers of the update, in the order in which the loop computes and checks them.
    pub(super) fn numbers(&self) -> impl Iterator<Item = &Number> {
        let every = self.phase.iter().filter_map(|phase| phase.every.as_ref());
        every.chain(self.order.steps().filter_map(|step| match &step.work {
            Work::ClipNorm(number) | Work::ClipValue(number) => Some(number),
            _ => None,
        }))
    }
}

/// Plans the updates. An evaluation has none.
///
/// # Errors
/// Returns the message about a missing clause.
pub(super) fn plan(
    spec: &Spec,
    item: &SpecFn,
    amounts: &Amounts,
    names: &Names,
    model: &Object,
    valid: Option<&Object>,
) -> Result<Vec<Update>, &'static str> {
    if spec.evaluates {
        return Ok(Vec::new());
    }
    let object = |spec: &Spec, prefix: &str| {
        let optimizer =
            Object::of_loop("optimizer", &format!("{prefix}optimizer"), spec.optimizer.as_ref(), item, names);
        let scheduler =
            Object::of_loop("scheduler", &format!("{prefix}scheduler"), spec.scheduler.as_ref(), item, names);
        Ok::<_, &'static str>((optimizer.ok_or("an update without an optimizer")?, scheduler))
    };
    let order =
        |spec: &Spec, amounts: &Amounts, prefix: &str, optimizer: &Object, scheduler: Option<&Object>| {
            let scope = Scope { names, model, optimizer: Some(optimizer), scheduler };
            order::plan(spec, item, amounts, &scope, prefix)
        };
    let Some(phases) = &spec.phases else {
        let (optimizer, scheduler) = object(spec, "")?;
        let order = order(spec, amounts, "", &optimizer, scheduler.as_ref())?;
        let watch = watch::plan(spec, scheduler.as_ref(), valid);
        return Ok(vec![Update { phase: None, optimizer, scheduler, watch, order }]);
    };
    let update = |(phase, (amounts, every)): (&spec::Phase, &(Amounts, Option<Checked>))| {
        let prefix = format!("{}_", phase.name);
        let own = &phase.spec;
        let (optimizer, scheduler) = object(own, &prefix)?;
        let order = order(&phase.with_common(spec), amounts, &prefix, &optimizer, scheduler.as_ref())?;
        let at = phase.name.span();
        let every =
            every.as_ref().map(|every| number(every, None, &format!("{prefix}every"), at, item, names));
        let every = every.filter(|every| !is_one(every));
        let phase = Phase { name: phase.name.to_string(), at, every };
        let watch = watch::plan(own, scheduler.as_ref(), valid);
        Ok(Update { phase: Some(phase), optimizer, scheduler, watch, order })
    };
    phases.value.iter().zip(&amounts.phases).map(update).collect()
}
