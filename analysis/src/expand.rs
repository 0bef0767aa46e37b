//! Expands a plan to the tokens of a loop, in the form of hand-written code.
//!
//! The printer makes no decisions. Every stage has the span of its token in the spec, so that findings of the
//! checker and rustc's own errors are reported at this token.

mod checkpoint;
mod checks;
mod doc;
mod ema;
mod evaluation;
mod number;
mod object;
mod outline;
mod phases;
mod setup;
mod step;
mod validation;
mod warmup;
mod watch;

use number::value;
use object::Role;
use step::{is_metric, is_variable};

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Expr, Ident, Path, PathSegment, Signature, Type, TypeGroup, TypeParen, TypePath, TypeReference,
    WherePredicate, parse_quote_spanned,
};

use crate::diagnostic::Place;
use crate::item::SpecFn;
use crate::plan::{Measure, Object, Plan, Step, Update, located};

/// The function of a spec, with the planned loop as its body.
pub(crate) fn expand(plan: &Plan, item: &SpecFn) -> TokenStream {
    let output = Place::of(&item.signature.output).end;
    let printer = Printer::new(plan);
    let (mut item, mut extra) = (item.clone(), doc::comment(plan));
    if let Some(model) = boundable_type(&item, &plan.model.place) {
        extra.extend(printer.bind_module(&mut item.signature, &model));
    }
    function(&item, &extra, &printer.body(output))
}

/// The function of a spec with errors. Its body is a single `unreachable!`, which fits any return
/// type, so that no further errors follow.
pub(crate) fn stand_in(item: &SpecFn) -> TokenStream {
    let here = Span::mixed_site();
    let mut item = item.clone();
    item.signature.constness = None;
    function(
        &item,
        &quote_spanned!(here=> #[allow(unused_variables, unused_mut, clippy::all, clippy::pedantic)]),
        &quote_spanned!(here=> ::core::unreachable!("the spec of this loop has errors")),
    )
}

/// The type of the parameter that is the model, if a `where` clause can put a bound on the type.
///
/// The result is `None` for `Self` and for a generic parameter of the function, because the bound
/// would be an assumption about the type. It is also `None` for a type with arguments: they may
/// have elided lifetimes, which a `where` clause does not allow.
fn boundable_type(item: &SpecFn, model: &TokenStream) -> Option<Type> {
    let mut ty = item.type_of(&model.to_string())?;
    while let Type::Reference(TypeReference { elem, .. })
    | Type::Paren(TypeParen { elem, .. })
    | Type::Group(TypeGroup { elem, .. }) = ty
    {
        ty = elem;
    }
    let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
    let is_plain = |segment: &PathSegment| segment.arguments.is_none();
    let is_own = |name: &Ident| {
        name == "Self" || item.signature.generics.type_params().any(|parameter| parameter.ident == *name)
    };
    let first = path.segments.first()?;
    (path.segments.iter().all(is_plain) && !is_own(&first.ident)).then(|| ty.clone())
}

/// The function of a spec with this body. The attributes in `extra` follow the function's own
/// attributes.
fn function(item: &SpecFn, extra: &TokenStream, body: &TokenStream) -> TokenStream {
    let SpecFn { attributes, visibility, signature } = item;
    quote!(#(#attributes)* #extra #visibility #signature { #body })
}

/// The printer of one plan.
struct Printer<'a> {
    plan: &'a Plan,
    /// The update whose steps are printed; `None` in an evaluation.
    update: Option<&'a Update>,
    /// The path of the runtime.
    path: Path,
    /// The span for tokens that belong to no clause.
    here: Span,
}

impl<'a> Printer<'a> {
    fn new(plan: &'a Plan) -> Self {
        let here = Span::mixed_site();
        let path = plan.path.clone().unwrap_or_else(|| parse_quote_spanned!(here=> ::training_loop));
        Self { plan, update: plan.updates.first(), path, here }
    }

    /// The printer for the steps of another update.
    fn of(&self, update: &'a Update) -> Self {
        Self { plan: self.plan, update: Some(update), path: self.path.clone(), here: self.here }
    }

    /// The path of the runtime, with the span `at`. rustc reports errors about this path at the span.
    fn path_at(&self, at: Span) -> TokenStream {
        let path = &self.path;
        located(quote!(#path), at)
    }

    /// The identifier of a local of the loop.
    fn local(&self, name: &str) -> Ident {
        self.plan.names.local(name, self.here)
    }

    /// Adds the bound `Module` for the model's type to the signature. Returns attributes for the function.
    ///
    /// A type that is not a module then causes only one error, because the body type-checks under the bound.
    fn bind_module(&self, signature: &mut Signature, model: &Type) -> TokenStream {
        let at = mixed(Place::of(model).start);
        let path = self.path_at(at);
        let bound: WherePredicate = parse_quote_spanned!(at=> #model: #path::Module);
        signature.generics.make_where_clause().predicates.push(bound);
        quote_spanned!(self.here=> #[allow(private_bounds, trivial_bounds)])
    }

    /// The statements of the function's body. The tail expression has the span of the return type.
    fn body(&self, output: Span) -> TokenStream {
        let Some(train) = &self.plan.train else { return self.evaluation(output) };
        let run = self.local("run");
        let (path, model) = (self.path_at(self.plan.model.at), self.plan.model.shared());
        let training = quote_spanned!(mixed(self.plan.model.at)=> #path::Module::train(#model););
        let result = quote_spanned!(mixed(output)=> Ok(#run.finish()));
        let (setup, start, epochs) = (self.setup(train), self.start(), self.epochs(train));
        let describe = self.describe();
        let (apply, restore) = (self.apply_ema(), self.restore_best());
        let mut first = self.first_validation();
        if self.plan.checkpoint.is_some() {
            first = first.map(|first| quote_spanned!(self.here=> if !#run.is_resumed() { #first }));
        }
        quote_spanned! {self.here=>
            #setup
            #training
            #start
            #describe
            #first
            #epochs
            #apply
            #restore
            #result
        }
    }

    /// The loop over epochs.
    fn epochs(&self, train: &Object) -> TokenStream {
        let plan = self.plan;
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let loader = self.loader(train, Role::Train);
        let count = quote_spanned!(mixed(train.at)=> #loader.batches());
        let first = self.first_epoch();
        let last = self.last_epoch();
        let (metrics, restored) = (self.new_metrics(&plan.train_metrics), self.restored());
        let (interrupted, checkpoint) = (self.interrupted(), self.checkpoint_per_epoch());
        let batches = self.batches(train);
        let measured = plan
            .train_metrics
            .iter()
            .map(|Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.measure(&#name);));
        let check = self.check(false);
        let schedules = plan.updates.iter().filter_map(|update| {
            let scheduler = update.scheduler.as_ref()?;
            Some(self.of(update).schedule(scheduler, mixed(scheduler.at), &TokenStream::new()))
        });
        let validation =
            plan.validation.as_ref().and_then(|validation| self.validation_per_epoch(validation));
        let hook = plan.epoch_end.as_ref().map(|hook| self.step(hook, &[]));
        quote_spanned! {self.here=>
            for #epoch in #first..#last {
                #run.begin_epoch(#epoch, #count);
                #metrics
                #restored
                #batches
                #interrupted
                #(#measured)*
                #check
                #(#schedules)*
                #validation
                #hook
                #run.end_epoch()?;
                #checkpoint
                if #run.is_over() {
                    break;
                }
            }
        }
    }

    /// The loop over batches, or over windows of batches.
    fn batches(&self, data: &Object) -> TokenStream {
        let plan = self.plan;
        let (run, epoch, batch) = (self.local("run"), self.local("epoch"), self.local("batch"));
        let validation = plan.validation.as_ref().and_then(|validation| self.validation_per_step(validation));
        let over = quote_spanned!(self.here=> if #run.is_over() { break; });
        let checkpoint = self.checkpoint_per_batch();
        let first = checkpoint.is_some().then(|| quote_spanned!(self.here=> #run.first_batch()));
        let inner = if plan.has_phases() { self.phases() } else { self.weighed() };
        let Some((accumulate, update)) = plan.accumulate.as_ref().zip(self.update) else {
            let train = self.data(data, Role::Train, &quote!(#epoch));
            let skip = first.map(|first| quote_spanned!(self.here=> .skip(#first)));
            return quote_spanned! {self.here=>
                for #batch in #train #skip {
                    #inner
                    #validation
                    #checkpoint
                    #over
                }
            };
        };
        let (window, count) = (self.local("window"), value(accumulate));
        let skip = first.map(|first| quote_spanned!(self.here=> .skip(#first.div_ceil(#count))));
        let train = self.loader(data, Role::Train);
        let train = quote_spanned!(mixed(data.at)=> #train.windows(#epoch, #count));
        let (start, end) = (self.steps(&update.order.window_start), self.steps(&update.order.window_end));
        let (path, optimizer) = (self.path_at(update.optimizer.at), update.optimizer.exclusively());
        let scale = quote_spanned!(mixed(update.optimizer.at)=>
            #path::Optimizer::scale_grad(#optimizer, #run.window_scale());
        );
        let end = (!end.is_empty())
            .then(|| quote_spanned!(self.here=> if #run.window_weight() > 0.0 { #scale #end }));
        // If the run ends inside a window, the loop still makes the update.
        let last = update.order.batch_end.then(|| over.clone());
        quote_spanned! {self.here=>
            'windows: for #window in #train #skip {
                #start
                #run.begin_window(#window.samples());
                for #batch in &#window {
                    #inner
                    #last
                }
                #end
                #validation
                #checkpoint
                #over
            }
        }
    }

    /// The training steps in a list.
    fn steps(&self, steps: &[Step]) -> TokenStream {
        steps.iter().map(|step| self.step(step, &self.plan.train_metrics)).collect()
    }

    /// The steps of a batch. Training steps run only if the batch has a weight.
    fn weighed(&self) -> TokenStream {
        let Some(order) = self.update.map(|update| &update.order) else { return TokenStream::new() };
        let run = self.local("run");
        let (before, rest) = order.batch.split_at(order.weighed.start);
        let (weighed, after) = rest.split_at(order.weighed.len());
        let (before, inner, after) = (self.steps(before), self.steps(weighed), self.steps(after));
        if weighed.is_empty() {
            return quote!(#before #after);
        }
        quote_spanned!(self.here=> #before if #run.batch_weight() > 0.0 { #inner } #after)
    }

    /// The code that advances the schedule. `not` negates the condition `is_per_epoch`: it is empty after an
    /// epoch, and `!` after an update.
    fn schedule(&self, scheduler: &Object, at: Span, not: &TokenStream) -> TokenStream {
        let path = self.path_at(at);
        let optimizer = self.update.map(|update| update.optimizer.exclusively());
        let (shared, exclusive) = (scheduler.shared_inside(), scheduler.exclusive_inside());
        let step = quote_spanned!(at=>
            if #not #path::schedule::Schedule::is_per_epoch(#shared) { #path::schedule::Schedule::step(#exclusive, #optimizer); }
        );
        Self::if_some_mut(scheduler, step)
    }

    /// The declarations of metrics, such as `let mut train_accuracy = accuracy();`.
    fn new_metrics(&self, metrics: &[Measure]) -> TokenStream {
        let made = metrics.iter().map(|metric| {
            let (name, value) = (&metric.name, self.new_metric(metric));
            quote_spanned!(mixed(metric.at)=> let mut #name = #value;)
        });
        quote!(#(#made)*)
    }

    /// A new metric, such as `accuracy()`.
    ///
    /// A path is emitted as a call. If the path is not a metric of the runtime, the call is wrapped in
    /// `private::metric`. rustc then names the missing trait if the result is not a metric.
    fn new_metric(&self, Measure { value, at, .. }: &Measure) -> TokenStream {
        let path = self.path_at(*at);
        match value {
            Expr::Path(function) if is_metric(function) || is_variable(function, &self.plan.names) => {
                quote_spanned!(mixed(*at)=> #function())
            }
            Expr::Path(function) => quote_spanned!(mixed(*at)=> #path::private::metric(#function)),
            other => quote!(#other),
        }
    }
}

/// A span at the location of `at`, with the hygiene of the loop's own names.
fn mixed(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}
