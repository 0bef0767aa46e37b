//! Expands one step of a loop's body.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, ExprPath};

use super::{Printer, mixed, value};
use crate::diagnostic::Place;
use crate::inline;
use crate::plan::{Measure, Names, Rebind, Step, Work, located};
use crate::spec::names::METRICS;
use crate::vocabulary::Vocabularies;

impl Printer<'_> {
    /// The statements of a step. `metrics` has the metrics of the training or validation pass that
    /// contains the step.
    pub(super) fn step(&self, step: &Step, metrics: &[Measure]) -> TokenStream {
        let at = mixed(step.at);
        let local = |name: &str| self.plan.names.local(name, step.at);
        let (run, batch, output, loss) = (local("run"), local("batch"), local("output"), local("loss"));
        let (plan, path) = (self.plan, self.path_at(step.at));
        // An evaluation has no step that uses an optimizer.
        let optimizer = self.update.map(|update| update.optimizer.exclusively());
        let shared = self.update.map(|update| update.optimizer.shared());
        match &step.work {
            Work::Forward(value) => {
                let value = self.forward(value.as_ref(), at);
                quote_spanned!(at=> let #output = #value;)
            }
            Work::Loss(value) => {
                let own_function = matches!(value, Expr::Path(_)) && !is_loss(value);
                let given = mixed(Place::of(value).start);
                let target = quote_spanned!(given=> &#batch.target);
                let arguments = [quote_spanned!(given=> &#output), quote_spanned!(given=> &#batch)];
                let value = match value {
                    // The metric `mse` may be a mistake for `mse_loss`. `private::loss` reduces it to one
                    // error.
                    Expr::Path(function)
                        if is_metric(function) && !is_variable(function, &self.plan.names) =>
                    {
                        let path = self.path_at(given);
                        quote_spanned!(given=> #path::private::loss(#function, &#output, #target))
                    }
                    other => {
                        call(other, &[arguments[0].clone(), target], &arguments, given, &self.plan.names)
                    }
                };
                // The annotation reports a wrong result type once, and not at each use.
                let ty = own_function.then(|| quote_spanned!(given=> : #path::Tensor));
                quote_spanned!(at=> let #loss #ty = #value;)
            }
            Work::TrainingStep { value, output: used } => self.training_step(value, *used, at),
            Work::AddBatch => self.add_batch(at),
            Work::Guard => {
                let windows = self.plan.accumulate.is_some();
                let label = windows.then(|| quote_spanned!(self.here=> 'windows));
                let model = plan.model.shared();
                quote_spanned!(at=> if #run.diverged(#model) { break #label; })
            }
            Work::ZeroGrad => quote_spanned!(at=> #path::Optimizer::zero_grad(#optimizer);),
            Work::Backward if self.plan.accumulate.is_some() => {
                quote_spanned!(at=> (&#loss * #run.batch_weight()).backward();)
            }
            Work::Backward => quote_spanned!(at=> #loss.backward();),
            Work::ClipNorm(max) => {
                let (norm, max) = (local("grad_norm"), value(max));
                quote_spanned!(at=> let #norm = #path::Optimizer::clip_grad_norm(#optimizer, #max);)
            }
            Work::ClipValue(max) => {
                let max = value(max);
                quote_spanned!(at=> #path::Optimizer::clip_grad_value(#optimizer, #max);)
            }
            Work::GradientGuard { grad_norm } => {
                let norm = local("grad_norm");
                let norm = if *grad_norm { quote!(Some(#norm)) } else { quote_spanned!(at=> None) };
                let model = plan.model.shared();
                quote_spanned!(at=> if #run.exploded(#model, #shared, #norm) { break; })
            }
            Work::BeginWarmup => self.begin_warmup(at).unwrap_or_default(),
            Work::Average => {
                let ema = local("ema");
                quote_spanned!(at=> #ema.update();)
            }
            Work::EndWarmup => self.end_warmup(at).unwrap_or_default(),
            Work::Step => quote_spanned!(at=> #path::Optimizer::step(#optimizer);),
            Work::EndStep { grad_norm } => {
                let norm = local("grad_norm");
                let norm = if *grad_norm { quote!(Some(#norm)) } else { quote_spanned!(at=> None) };
                // The update of a phase is a part of the batch's update. Callbacks run after the batch's
                // update.
                let has_phases = plan.has_phases();
                let end = located(if has_phases { quote!(end_phase) } else { quote!(end_step) }, at);
                let callbacks = if has_phases { None } else { self.callbacks(at) };
                quote_spanned!(at=> #run.#end(#path::Optimizer::learning_rate(#shared), #norm); #callbacks)
            }
            Work::Schedule => {
                let scheduler = self.update.and_then(|update| update.scheduler.as_ref());
                let step = scheduler.map(|scheduler| self.schedule(scheduler, at, &quote!(!)));
                quote!(#step)
            }
            Work::Metrics => {
                let updates = metrics
                    .iter()
                    .map(|Measure { name, at, .. }| {
                        let path = self.path_at(*at);
                        quote_spanned!(mixed(*at)=> #path::private::measure(&#batch.target, &#output, &mut #name);)
                    });
                quote!(#(#updates)*)
            }
            Work::ValidLoss => self.loss_weight(at).map_or_else(
                || quote_spanned!(at=> #run.add_valid_loss(&#loss, #batch.len());),
                |weight| quote_spanned!(at=> #run.add_weighted_valid_loss(&#loss, #weight)?;),
            ),
            Work::Block { block, rebinds } => {
                let (rebinds, statements) = (bindings(rebinds, at), &block.stmts);
                quote_spanned!(at=> { #rebinds #(#statements)* })
            }
            Work::Hook { value, rebinds } => {
                let value = self.hook(value, rebinds, at);
                quote_spanned!(at=> #run.hook(#value)?;)
            }
        }
    }

    /// Adds the loss of the batch to the loss of the epoch.
    fn add_batch(&self, at: Span) -> TokenStream {
        let local = |name: &str| self.plan.names.local(name, at);
        let (run, batch, loss) = (local("run"), local("batch"), local("loss"));
        self.loss_weight(at).map_or_else(
            || quote_spanned!(at=> #run.add_batch(&#loss, #batch.len())?;),
            |weight| quote_spanned!(at=> #run.add_weighted_batch(&#loss, #weight)?;),
        )
    }

    /// The divisor of a batch's loss, from the clause `loss_weight`; `None` without the clause.
    fn loss_weight(&self, at: Span) -> Option<TokenStream> {
        let clause = self.plan.loss_weight.as_ref()?;
        let (batch, path) = (self.plan.names.local("batch", at), &self.path);
        let batch = [quote_spanned!(at=> &#batch)];
        let weight = call(&clause.value, &batch, &batch, mixed(clause.span()), &self.plan.names);
        Some(quote_spanned!(mixed(clause.span())=> #path::private::weight(#weight)))
    }

    /// Computes the output with the function or closure of the clause `forward`. Without the clause, calls
    /// the model's own `forward`.
    fn forward(&self, value: Option<&Expr>, at: Span) -> TokenStream {
        let batch = self.plan.names.local("batch", at);
        let model = &self.plan.model;
        let Some(value) = value else {
            let place = &model.place;
            return quote_spanned!(at=> #place.forward(&#batch.input));
        };
        let at = mixed(Place::of(value).start);
        let batch = quote_spanned!(at=> &#batch);
        let arguments = match value {
            Expr::Closure(closure) if closure.inputs.len() == 1 => vec![batch.clone()],
            _ => vec![model.borrowed.clone(), batch.clone()],
        };
        call(value, &[model.shared.clone(), batch], &arguments, at, &self.plan.names)
    }

    /// Calls the function of the clause `training_step`, which combines forward and loss.
    fn training_step(&self, value: &Expr, output_is_used: bool, at: Span) -> TokenStream {
        let local = |name: &str| self.plan.names.local(name, at);
        let (batch, output, loss, path) = (local("batch"), local("output"), local("loss"), &self.path);
        let given = mixed(Place::of(value).start);
        let (model, batch) = (&self.plan.model, quote_spanned!(given=> &#batch));
        let value = call(
            value,
            &[model.shared.clone(), batch.clone()],
            &[model.borrowed.clone(), batch],
            given,
            &self.plan.names,
        );
        if output_is_used {
            quote_spanned!(at=> let (#output, #loss) = #path::private::output_and_loss(#value);)
        } else {
            quote_spanned!(at=> let #loss = #path::private::loss_of(#value);)
        }
    }

    /// The call of a hook.
    fn hook(&self, value: &Expr, rebinds: &[Rebind], at: Span) -> TokenStream {
        let (run, state) = (self.plan.names.local("run", at), self.plan.names.local("state", at));
        let model = &self.plan.model;
        if let Expr::Closure(closure) = value {
            let code =
                inline::closure(closure, &[model.borrowed.clone(), quote_spanned!(at=> &#run.state())], at);
            return if rebinds.is_empty() {
                code
            } else {
                let rebinds = bindings(rebinds, at);
                quote_spanned!(at=> { #rebinds #code })
            };
        }
        let (function, model) =
            (callee(value, mixed(Place::of(value).start), &self.plan.names), &model.shared);
        quote_spanned!(at=> { let #state = #run.state(); #function(#model, &#state) })
    }
}

/// The call of a function with the arguments `to_function`, or the inlined closure with the arguments
/// `to_closure`.
fn call(
    value: &Expr,
    to_function: &[TokenStream],
    to_closure: &[TokenStream],
    at: Span,
    names: &Names,
) -> TokenStream {
    match value {
        Expr::Closure(closure) => inline::closure(closure, to_closure, at),
        other => {
            let function = callee(other, at, names);
            quote_spanned!(at=> #function(#(#to_function),*))
        }
    }
}

/// The expression of a function as a callee. A field needs parentheses around it.
fn callee(value: &Expr, at: Span, names: &Names) -> TokenStream {
    match value {
        Expr::Field(_) => quote_spanned!(at=> (#value)),
        // The path of a function also resolves with the hygiene of the loop. This hygiene prevents rustc's
        // suggestion to write arguments into the spec.
        Expr::Path(path) if path.path.segments[0].ident != "$crate" && !is_variable(path, names) => {
            quote!(#path)
                .into_iter()
                .map(|mut token| {
                    token.set_span(mixed(token.span()));
                    token
                })
                .collect()
        }
        other => quote!(#other),
    }
}

/// Whether a path is a metric of the runtime.
pub(super) fn is_metric(path: &ExprPath) -> bool {
    METRICS.iter().any(|metric| path.path.is_ident(metric))
}

/// Whether a value is the path of a loss of the runtime.
fn is_loss(value: &Expr) -> bool {
    let Expr::Path(path) = value else { return false };
    path.path.get_ident().is_some_and(|name| Vocabularies::ALL.loss(&name.to_string()).is_some())
}

/// Whether a path may name a variable.
pub(super) fn is_variable(path: &ExprPath, names: &Names) -> bool {
    path.path.get_ident().is_some_and(|name| names.is_taken(name))
}

/// The declarations of a block's rebound names, such as `let model = &self.model;`.
fn bindings(rebinds: &[Rebind], at: Span) -> TokenStream {
    rebinds.iter().map(|Rebind { name, value }| quote_spanned!(at=> let #name = #value;)).collect()
}
