//! Expands the checkpoints of a loop: resuming and saving.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use super::object::Role;
use super::{Printer, mixed, value};
use crate::plan::{Checkpoint, Interval, Measure, Number, NumberValue, Object, Recorded, When};
use crate::rules::KEEP_BEST_INTERVAL;

impl Printer<'_> {
    /// Sets the options of the run. A loop with checkpoints always has options, because environment variables
    /// can set them.
    pub(super) fn options(&self) -> Option<TokenStream> {
        let run = self.local("run");
        if let Some(options) = &self.plan.options {
            let shared = options.shared();
            return Some(quote_spanned!(mixed(options.at)=> #run.use_options(#shared)?;));
        }
        let (at, path) = (mixed(self.plan.checkpoint.as_ref()?.at), &self.path);
        Some(quote_spanned!(at=> #run.use_options(&#path::RunOptions::new())?;))
    }

    /// Whether the loop has run options. Options add statements to the loop.
    pub(super) fn has_options(&self) -> bool {
        self.plan.checkpoint.is_some() || self.plan.options.is_some()
    }

    /// Calls the callbacks of the options after an update.
    pub(super) fn callbacks(&self, at: Span) -> Option<TokenStream> {
        let run = self.local("run");
        self.has_options().then(|| quote_spanned!(at=> #run.after_step()?;))
    }

    /// Starts a run with options. With checkpoints, the run resumes from the checkpoint that the options
    /// name.
    pub(super) fn start(&self) -> Option<TokenStream> {
        let start = || {
            let (run, at) = (self.local("run"), mixed(self.plan.options.as_ref()?.at));
            Some(quote_spanned!(at=> #run.start()?;))
        };
        self.resume().or_else(start)
    }

    /// Opens the checkpoints, and restores the run state from the checkpoint that the options name.
    fn resume(&self) -> Option<TokenStream> {
        let checkpoint = self.plan.checkpoint.as_ref()?;
        let (run, checkpoints) = (self.local("run"), self.local("checkpoints"));
        let at = mixed(checkpoint.at);
        let made = self.checkpoints(checkpoint);
        let model = self.plan.model.shared();
        let (optimizer, scheduler) = self.saved_states(true);
        let (ema, best, early_stop) = (self.restored_ema(), self.saved_best(), self.resumed_early_stop());
        Some(quote_spanned! {at=>
            let #checkpoints = #made;
            #run.start_or_resume(#checkpoints, #model, #optimizer, #scheduler)?;
            #ema
            #best
            #early_stop
        })
    }

    /// The run-time check that the loop validates at least as often as it saves checkpoints, if not all
    /// numbers are literals.
    pub(super) fn check_interval(&self) -> Option<TokenStream> {
        let checkpoint = self.plan.checkpoint.as_ref().filter(|checkpoint| checkpoint.checks_interval)?;
        let validation = self.plan.validation.as_ref()?;
        let validates = match &validation.when {
            When::EveryEpoch => return None, // The validation interval is at its minimum.
            When::Epochs(number) | When::Steps(number) => number,
        };
        let is_literal = |number: &&Number| matches!(number.value, NumberValue::Literal(_));
        let best = checkpoint.keep_best.as_ref();
        if best.filter(is_literal).is_some_and(|best| value(best).to_string() == "0") {
            return None; // No best checkpoints are kept.
        }
        let numbers = [Some(checkpoint.every.number()), Some(validates), best];
        if numbers.into_iter().flatten().all(|number| is_literal(&number)) {
            return None; // The numbers are checked at compile time.
        }
        let (path, at, (rule, help)) = (&self.path, mixed(checkpoint.at), KEEP_BEST_INTERVAL);
        let (saves, validates) = (value(checkpoint.every.number()), value(validates));
        let none = best.filter(|best| !is_literal(best)).map(|best| {
            let best = value(best);
            quote_spanned!(at=> #best == 0 ||)
        });
        let absent = validation.data.is_optional.then(|| {
            let valid = &validation.data.place;
            quote_spanned!(at=> #valid.is_none() ||)
        });
        let shown = best.map_or_else(|| quote_spanned!(at=> 1), value);
        Some(quote_spanned! {at=>
            #path::private::require(#none #absent #saves >= #validates, "keep_best", #shown, #rule, #help)?;
        })
    }

    /// Restores the averages.
    fn restored_ema(&self) -> Option<TokenStream> {
        let at = mixed(self.plan.ema.as_ref()?.at);
        let (run, ema) = (self.local("run"), self.local("ema"));
        Some(quote_spanned!(at=> #run.restore_ema(&mut #ema)?;))
    }

    /// Ends a resumed run that had already stopped early.
    fn resumed_early_stop(&self) -> Option<TokenStream> {
        let early_stop = self.plan.checks.as_ref()?.early_stop.as_ref()?;
        let (run, patience) = (self.local("run"), value(&early_stop.patience));
        Some(quote_spanned!(mixed(early_stop.at)=> #run.resume_early_stop(#patience);))
    }

    /// The expression that describes the checkpoints.
    fn checkpoints(&self, checkpoint: &Checkpoint) -> TokenStream {
        let (path, at) = (&self.path, mixed(checkpoint.at));
        let count = value(checkpoint.every.number());
        let start = match &checkpoint.every {
            Interval::Epochs(_) => quote_spanned!(at=> every_epochs(#count)),
            Interval::Steps(_) => quote_spanned!(at=> every_steps(#count)),
            Interval::Time(_) => quote_spanned!(at=> every_time(#count)),
        };
        let last = checkpoint.keep_last.as_ref().map(|count| {
            let count = value(count);
            quote_spanned!(at=> .keep_last(#count))
        });
        let best = checkpoint.keep_best.as_ref().map(|count| {
            let count = value(count);
            quote_spanned!(at=> .keep_best(#count))
        });
        let clauses = checkpoint.clauses.iter().map(|(name, recorded)| {
            let value = self.recorded(recorded, at);
            quote_spanned!(at=> .clause(#name, #value))
        });
        quote_spanned!(at=> #path::run::Checkpoints::#start #last #best #(#clauses)*)
    }

    /// The optimizer and the schedule that checkpoints save. Those of several phases are combined into one.
    /// `is_restored` makes the optimizer an exclusive reference.
    fn saved_states(&self, is_restored: bool) -> (TokenStream, TokenStream) {
        let none = || quote_spanned!(self.here=> None);
        if self.plan.has_phases() {
            let phases = self.phase_states();
            let borrow = if is_restored { quote!(&mut) } else { quote!(&) };
            return (quote!(#borrow #phases), none());
        }
        let Some(update) = self.update else { return (TokenStream::new(), none()) };
        let optimizer = &update.optimizer;
        let optimizer = if is_restored { optimizer.exclusively() } else { optimizer.shared() };
        (optimizer, self.optional_scheduler(update.scheduler.as_ref()))
    }

    /// The value of a clause that a checkpoint or a report records.
    pub(super) fn recorded(&self, recorded: &Recorded, at: Span) -> TokenStream {
        let path = &self.path;
        let description = |data: Option<&Object>, role| {
            let Some(data) = data else { return quote!("") };
            let data = self.limited(data, role).shared_inside();
            quote_spanned!(at=> #path::private::description(#data))
        };
        match recorded {
            Recorded::Text(text) => quote_spanned!(at=> #text),
            Recorded::Number(number) => value(number),
            Recorded::Warmup => {
                let warmup = self.local("warmup");
                quote_spanned!(at=> #warmup)
            }
            Recorded::Train => description(self.plan.train.as_ref(), Role::Train),
            Recorded::Valid => {
                description(self.plan.validation.as_ref().map(|valid| &valid.data), Role::Valid)
            }
            Recorded::LearningRate(phase) => {
                let optimizer = self.plan.updates.get(*phase).map(|update| update.optimizer.shared());
                quote_spanned!(at=> #path::Optimizer::learning_rate(#optimizer))
            }
        }
    }

    /// A schedule as an optional trait object.
    pub(super) fn optional_scheduler(&self, scheduler: Option<&Object>) -> TokenStream {
        match scheduler {
            None => quote_spanned!(self.here=> None),
            Some(scheduler @ Object { is_optional: false, .. }) => {
                let schedule = scheduler.exclusively();
                quote_spanned!(mixed(scheduler.at)=> Some(#schedule))
            }
            Some(Object { place, at, .. }) => {
                quote_spanned!(mixed(*at)=> #place.as_mut().map(|schedule| schedule as _))
            }
        }
    }

    /// The first epoch of the loop.
    pub(super) fn first_epoch(&self) -> TokenStream {
        let run = self.local("run");
        self.plan.checkpoint.as_ref().map_or_else(
            || quote_spanned!(self.here=> 0),
            |checkpoint| quote_spanned!(mixed(checkpoint.at)=> #run.first_epoch()),
        )
    }

    /// The number of epochs, which ends the loop over epochs. Without a number, another condition ends the
    /// loop.
    pub(super) fn last_epoch(&self) -> Option<TokenStream> {
        let endless = || {
            // If a resumed run is over, `first_epoch` equals the end of the range, so the loop makes no
            // iteration.
            let at = mixed(self.plan.checkpoint.as_ref()?.at);
            Some(quote_spanned!(at=> usize::MAX))
        };
        self.plan.epochs.as_ref().map(value).or_else(endless)
    }

    /// Restores the training metrics of the epoch in which the run resumes.
    pub(super) fn restored(&self) -> TokenStream {
        if self.plan.checkpoint.is_none() {
            return TokenStream::new();
        }
        let run = self.local("run");
        let restored =
            self.plan.train_metrics.iter().map(
                |Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.restore_metric(&mut #name)?;),
            );
        quote!(#(#restored)*)
    }

    /// Saves a checkpoint after a batch or a window, if one is due.
    pub(super) fn checkpoint_per_batch(&self) -> Option<TokenStream> {
        let at = mixed(self.plan.checkpoint.as_ref()?.at);
        let (run, save) = (self.local("run"), self.save());
        let kept = self
            .plan
            .train_metrics
            .iter()
            .map(|Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.keep_metric(&#name)?;));
        Some(quote_spanned!(at=> if #run.is_checkpoint_due() { #(#kept)* #save }))
    }

    /// Saves a checkpoint after an epoch, if one is due.
    pub(super) fn checkpoint_per_epoch(&self) -> Option<TokenStream> {
        let at = mixed(self.plan.checkpoint.as_ref()?.at);
        let (run, save) = (self.local("run"), self.save());
        Some(quote_spanned!(at=> if #run.is_epoch_checkpoint_due() { #save }))
    }

    fn save(&self) -> TokenStream {
        let (run, model) = (self.local("run"), self.plan.model.shared());
        let (optimizer, scheduler) = self.saved_states(false);
        let averages = self.plan.ema.as_ref().map(|plan| {
            let ema = self.local("ema");
            quote_spanned!(mixed(plan.at)=> #run.keep_ema(&#ema);)
        });
        quote_spanned!(self.here=> #averages #run.save_checkpoint(#model, #optimizer, #scheduler)?;)
    }

    /// Ends a run that a signal interrupted, before the validation of the epoch.
    pub(super) fn interrupted(&self) -> Option<TokenStream> {
        let run = self.local("run");
        self.has_options().then(|| quote_spanned!(self.here=> if #run.is_interrupted() { break; }))
    }
}
