//! Expands a plan to the tokens of a loop, in the form that a person would write.
//!
//! The printer makes no decisions. Every stage has the span of its token in the spec, so that findings of the
//! checker and rustc's own errors are reported at this token.

mod checkpoint;
mod checks;
mod doc;
mod ema;
mod number;
mod object;
mod step;
mod validation;
mod warmup;
mod watch;

use number::value;
use step::{is_metric, is_variable};

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Expr, Ident, Path, PathSegment, Signature, Type, TypeGroup, TypeParen, TypePath, TypeReference,
    WherePredicate, parse_quote_spanned,
};

use crate::diagnostic::Place;
use crate::item::SpecFn;
use crate::plan::{Measure, Object, Order, Plan, Step, located};

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
    /// The path of the runtime.
    path: Path,
    /// The span for tokens that belong to no clause.
    here: Span,
}

impl<'a> Printer<'a> {
    fn new(plan: &'a Plan) -> Self {
        let here = Span::mixed_site();
        let path = plan.path.clone().unwrap_or_else(|| parse_quote_spanned!(here=> ::training_loop));
        Self { plan, path, here }
    }

    /// The path of the runtime, with the span `at`. If a call through this path is wrong, rustc
    /// reports the error at this span.
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

    /// The statements of the function's body. Their result has the span of the return type.
    fn body(&self, output: Span) -> TokenStream {
        let run = self.local("run");
        let (path, model) = (self.path_at(self.plan.model.at), self.plan.model.shared());
        let training = quote_spanned!(mixed(self.plan.model.at)=> #path::Module::train(#model););
        let result = quote_spanned!(mixed(output)=> Ok(#run.finish()));
        let (setup, resume, epochs) = (self.setup(), self.resume(), self.epochs());
        let (apply, restore) = (self.apply_ema(), self.restore_best());
        let mut first = self.first_validation();
        if resume.is_some() {
            first = first.map(|first| quote_spanned!(self.here=> if !#run.is_resumed() { #first }));
        }
        quote_spanned! {self.here=>
            #setup
            #training
            #resume
            #first
            #epochs
            #apply
            #restore
            #result
        }
    }

    /// The statements before the first batch: declarations and checks.
    fn setup(&self) -> TokenStream {
        let (plan, path, run) = (self.plan, &self.path, self.local("run"));
        let valid = plan.validation.as_ref().map(|validation| &validation.data);
        let made = [Some(&plan.model), Some(&plan.train), valid, plan.options.as_ref()]
            .into_iter()
            .flatten()
            .map(|data| Self::made(data, false));
        let numbers = plan.numbers().map(|number| self.number(number));
        let epochs = self.optional(plan.epochs.as_ref());
        let max_steps = self.optional(plan.max_steps.as_ref());
        let max_time = plan.max_time.as_ref().map(|time| {
            let value = value(time);
            quote_spanned!(mixed(time.at)=> .max_time(#value))
        });
        let checks =
            [("train", Some(&plan.train)), ("valid", valid)].into_iter().filter_map(|(name, data)| {
                let data = data?;
                let loader = self.loader(data);
                Some(Self::if_some(data, quote_spanned!(mixed(data.at)=> #loader.check(#name)?;)))
            });
        let seed = plan.seed.as_ref().map(|seed| {
            let (guard, value) = (self.local("_seed"), value(seed));
            quote_spanned!(mixed(seed.at)=> let #guard = #path::seed_scope(#value);)
        });
        let validated = valid.map(|valid| {
            let place = &valid.place;
            let is_there = if valid.is_optional { quote!(#place.is_some()) } else { quote!(true) };
            quote_spanned!(self.here=> .validated(#is_there))
        });
        let unused = plan.unused.iter().map(|name| quote_spanned!(self.here=> let _ = &#name;));
        let (options, optimizer_and_schedule) = (self.options(), self.optimizer_and_schedule());
        let (ema, monitor, before_checks, warmup) =
            (self.new_ema(), self.monitor(), self.before_checks(), self.new_warmup());
        let anomaly = plan.traces.map(|at| {
            let guard = self.local("_anomaly");
            quote_spanned!(mixed(at)=> let #guard = #path::detect_anomaly();)
        });
        quote_spanned! {self.here=>
            #(#unused)*
            #(#made)*
            #(#numbers)*
            let mut #run = #path::private::Run::new(#epochs, #max_steps) #max_time #validated #monitor;
            #options
            #before_checks
            #(#checks)*
            #warmup
            #seed
            #anomaly
            #optimizer_and_schedule
            #ema
        }
    }

    /// The declarations of the optimizer and of the schedule.
    fn optimizer_and_schedule(&self) -> TokenStream {
        let used = &self.plan.optimizer;
        let path = self.path_at(used.at);
        let (optimizer, shared, exclusive) = (Self::made(used, true), used.shared(), used.exclusively());
        let check = quote_spanned!(mixed(used.at)=> #path::Optimizer::check(#shared)?;);
        let scheduler = self.plan.scheduler.as_ref().map(|scheduler| {
            let made = Self::made(scheduler, true);
            let (path, schedule) = (self.path_at(scheduler.at), scheduler.exclusive_inside());
            let start = quote_spanned!(mixed(scheduler.at)=> #path::schedule::Schedule::start(#schedule, #exclusive););
            let (start, check) = (Self::if_some_mut(scheduler, start), self.check_warmup());
            let watch = self.check_watch();
            quote!(#made #start #check #watch)
        });
        quote!(#optimizer #check #scheduler)
    }

    /// The loop over epochs.
    fn epochs(&self) -> TokenStream {
        let plan = self.plan;
        let (run, epoch) = (self.local("run"), self.local("epoch"));
        let train = self.loader(&plan.train);
        let count = quote_spanned!(mixed(plan.train.at)=> #train.batches());
        let first = self.first_epoch();
        let last = self.last_epoch();
        let (metrics, restored) = (self.new_metrics(&plan.train_metrics), self.restored());
        let (interrupted, checkpoint) = (self.interrupted(), self.checkpoint_per_epoch());
        let batches = self.batches();
        let measured = plan
            .train_metrics
            .iter()
            .map(|Measure { name, at, .. }| quote_spanned!(mixed(*at)=> #run.measure(&#name);));
        let check = self.check(false);
        let schedule = plan
            .scheduler
            .as_ref()
            .map(|scheduler| self.schedule(scheduler, mixed(scheduler.at), &TokenStream::new()));
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
                #schedule
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
    fn batches(&self) -> TokenStream {
        let plan = self.plan;
        let (run, epoch, batch) = (self.local("run"), self.local("epoch"), self.local("batch"));
        let train = self.data(&plan.train, &quote!(#epoch));
        let steps = |steps: &[Step]| -> TokenStream {
            steps.iter().map(|step| self.step(step, &plan.train_metrics)).collect()
        };
        let inner = self.weighed(&plan.order, &steps);
        let validation = plan.validation.as_ref().and_then(|validation| self.validation_per_step(validation));
        let over = quote_spanned!(self.here=> if #run.is_over() { break; });
        let checkpoint = self.checkpoint_per_batch();
        let first = checkpoint.is_some().then(|| quote_spanned!(self.here=> #run.first_batch()));
        let Some(accumulate) = &plan.accumulate else {
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
        let train = self.loader(&plan.train);
        let train = quote_spanned!(mixed(plan.train.at)=> #train.windows(#epoch, #count));
        let (start, end) = (steps(&plan.order.window_start), steps(&plan.order.window_end));
        let (path, optimizer) = (self.path_at(plan.optimizer.at), plan.optimizer.exclusively());
        let scale = quote_spanned!(mixed(plan.optimizer.at)=>
            #path::Optimizer::scale_grad(#optimizer, #run.window_scale());
        );
        let end = (!end.is_empty())
            .then(|| quote_spanned!(self.here=> if #run.window_weight() > 0.0 { #scale #end }));
        // A run that ends inside a window still makes the update.
        let last = plan.order.batch_end.then(|| over.clone());
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

    /// The steps of a batch. Training steps run only if the batch has a weight.
    fn weighed(&self, order: &Order, steps: &dyn Fn(&[Step]) -> TokenStream) -> TokenStream {
        let run = self.local("run");
        let (before, rest) = order.batch.split_at(order.weighed.start);
        let (weighed, after) = rest.split_at(order.weighed.len());
        let (before, inner, after) = (steps(before), steps(weighed), steps(after));
        if weighed.is_empty() {
            return quote!(#before #after);
        }
        quote_spanned!(self.here=> #before if #run.batch_weight() > 0.0 { #inner } #after)
    }

    /// The code that advances the schedule after an epoch (`not` is empty) or after an update
    /// (`not` is `!`).
    ///
    /// The schedule is advanced under the condition `is_per_epoch`, which the token `not` negates.
    fn schedule(&self, scheduler: &Object, at: Span, not: &TokenStream) -> TokenStream {
        let (path, optimizer) = (self.path_at(at), self.plan.optimizer.exclusively());
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
    /// A path is emitted as a call. If the path is not a metric of the runtime, the call is wrapped
    /// in `private::metric`, so that rustc names the expected trait for a result that is not a
    /// metric.
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
