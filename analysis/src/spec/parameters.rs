//! The rule for parameters: an absent clause uses the function's parameter with the clause's name.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Expr, Ident, Type};

use super::read::Form;
use super::{ClauseName, Spec, evaluation};
use crate::item::SpecFn;
use crate::suggest::nearest;

/// Pairs of exclusive clauses. If the first is present, a parameter with the name of the second
/// belongs to no clause.
const EXCLUDED: [(ClauseName, ClauseName); 12] = [
    (ClauseName::Optimizer, ClauseName::Phases),
    (ClauseName::Scheduler, ClauseName::Phases),
    (ClauseName::TrainingStep, ClauseName::Phases),
    (ClauseName::ClipGradNorm, ClauseName::Phases),
    (ClauseName::ClipGradValue, ClauseName::Phases),
    (ClauseName::Accumulate, ClauseName::Phases),
    (ClauseName::Loss, ClauseName::TrainingStep),
    (ClauseName::Forward, ClauseName::TrainingStep),
    (ClauseName::TrainingStep, ClauseName::Loss),
    (ClauseName::TrainingStep, ClauseName::Forward),
    (ClauseName::ClipGradNorm, ClauseName::ClipGradValue),
    (ClauseName::ClipGradValue, ClauseName::ClipGradNorm),
];

/// Names of parameters that are settings of another object, such as the learning rate of an
/// optimizer. Each list of names has its help.
const ARGUMENTS: [(&[&str], &str); 2] = [
    (
        &["lr", "learning_rate", "rate", "lr_max", "momentum", "moms", "weight_decay", "wd", "betas"],
        "it is an argument of the optimizer: `optimizer = Sgd::new(model.parameters(), 0.1).momentum(0.9)`",
    ),
    (
        &["batch_size", "shuffle", "num_workers", "drop_last"],
        "it is an argument of the loader: `train = DataLoader::new(data, 32).shuffle(0)`",
    ),
];

/// An unused parameter whose name suggests a clause.
pub(crate) struct Unused {
    pub(crate) name: Ident,
    /// The suggested clause, if this clause may use a parameter.
    pub(crate) clause: Option<ClauseName>,
    /// The help for the parameter.
    pub(crate) help: String,
}

impl Spec {
    /// Whether the schedule counts epochs, as in `StepLr::new(10, 0.1).per_epoch()`.
    pub(crate) fn is_per_epoch(&self) -> bool {
        let mut value = self.scheduler.as_ref().map(|clause| plain(&clause.value));
        while let Some(Expr::MethodCall(call)) = value {
            if call.method == "per_epoch" {
                return true;
            }
            value = Some(plain(&call.receiver));
        }
        false
    }

    /// Sets each absent clause to the parameter with the clause's name.
    /// Collects the unused parameters whose names suggest a clause.
    pub(crate) fn take_parameters(&mut self, item: &SpecFn, args: &TokenStream) {
        self.evaluates = evaluation::is_one(self, item);
        let (parameters, evaluates) = (item.parameters(), self.evaluates);
        let typed: Vec<String> = self.keys.iter().map(|key| key.unraw().to_string()).collect();
        let is_typed =
            |clause: ClauseName| typed.iter().any(|key| key == clause.text()) || self.meant.contains(&clause);
        let excluded = |clause| EXCLUDED.iter().any(|&(one, other)| one == clause && is_typed(other));
        let takes = |parameter: &Ident| {
            let clause = ClauseName::find(&parameter.unraw().to_string())?;
            let is_other = clause == ClauseName::Run && is_plain(item.type_of(&parameter.to_string()));
            let is_used = !evaluates || evaluation::has(clause);
            (is_used && !is_typed(clause) && !excluded(clause) && !is_other)
                .then(|| (clause, parameter.clone()))
        };
        let taken: Vec<(ClauseName, Ident)> = parameters.iter().filter_map(takes).collect();
        let has_data = is_typed(ClauseName::Valid);
        for (clause, parameter) in taken {
            if self.take(clause, &parameter) {
                self.keys.push(parameter.clone());
                self.taken.push(parameter);
            }
        }
        let mut mentioned = BTreeSet::new();
        mention(args.clone(), &mut mentioned);
        let is_used = |parameter: &Ident| {
            let name = parameter.unraw().to_string();
            name.starts_with('_') || mentioned.contains(&name) || self.taken.contains(parameter)
        };
        let unused = parameters.iter().filter(|parameter| !is_used(parameter));
        let unused = unused.filter_map(|parameter| {
            if evaluates { unused_in_evaluation(parameter, has_data) } else { self::unused(parameter) }
        });
        self.unused = unused.collect();
    }

    /// The unused parameter that was probably meant for this clause.
    pub(crate) fn meant_for(&self, clause: ClauseName) -> Option<&Unused> {
        self.unused.iter().find(|unused| unused.clause == Some(clause))
    }
}

/// Whether a type is a primitive, a text or another built-in type. A parameter `run` of such a type is a name
/// or a number of the run, and not the run options.
fn is_plain(ty: Option<&Type>) -> bool {
    match ty {
        Some(Type::Reference(reference)) => is_plain(Some(&reference.elem)),
        Some(Type::Path(path)) => path.path.segments.last().is_some_and(|last| {
            last.ident == "String" || last.ident.to_string().starts_with(|first: char| first.is_lowercase())
        }),
        _ => false,
    }
}

/// An unused parameter with its help, if the parameter's name suggests a clause.
fn unused(parameter: &Ident) -> Option<Unused> {
    let name = parameter.unraw().to_string();
    let found = |clause, help: String| Some(Unused { name: parameter.clone(), clause, help });
    if let Some((_, help)) = ARGUMENTS.iter().find(|(names, _)| names.contains(&name.as_str())) {
        return found(None, (*help).to_owned());
    }
    if let Some(clause) = ClauseName::find(&name) {
        return match clause.form() {
            Form::Value => None, // An exclusive clause is present; rustc warns that the parameter is unused.
            Form::List | Form::Group | Form::Flag => {
                found(None, format!("write the clause: `{}`", clause.example()))
            }
        };
    }
    let clause = clause_of(&name).or_else(|| {
        let takes = ClauseName::ALL.iter().filter(|clause| clause.takes_parameter());
        nearest(&name, takes.map(|clause| clause.text())).and_then(ClauseName::find)
    })?;
    let ours = clause.text();
    found(Some(clause), format!("call the parameter `{ours}`, or write `{ours} = {name}`"))
}

/// An unused parameter of an evaluation with its help. If `valid` is absent, any loader parameter was
/// probably meant as `valid`.
fn unused_in_evaluation(parameter: &Ident, has_data: bool) -> Option<Unused> {
    let name = parameter.unraw().to_string();
    let is_loader = name == "train" || clause_of(&name) == Some(ClauseName::Train);
    if is_loader && !has_data {
        let help = format!("call the parameter `valid`, or write `valid = {name}`");
        return Some(Unused { name: parameter.clone(), clause: Some(ClauseName::Valid), help });
    }
    unused(parameter).filter(|unused| unused.clause.is_none_or(evaluation::has))
}

/// The clause that corresponds to another framework's parameter name.
pub(crate) fn clause_of(name: &str) -> Option<ClauseName> {
    ClauseName::ALL.iter().copied().find(|clause| clause.row().parameters.contains(&name))
}

/// Collects every name in the tokens, including those inside format strings.
fn mention(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => mention(group.stream(), names),
            TokenTree::Ident(ident) => {
                names.insert(ident.unraw().to_string());
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let words =
                    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
                names.extend(words.map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// The expression inside parentheses.
pub(crate) fn plain(mut value: &Expr) -> &Expr {
    loop {
        value = match value {
            Expr::Paren(paren) => &paren.expr,
            Expr::Group(group) => &group.expr,
            other => return other,
        };
    }
}

/// The start of a chain of method calls: `CosineLr::new(30)` of `CosineLr::new(30).min(1e-4).per_epoch()`.
pub(crate) fn chain_start(value: &Expr) -> &Expr {
    match plain(value) {
        Expr::MethodCall(call) => chain_start(&call.receiver),
        other => other,
    }
}

/// The type in `Type::new(..)`.
pub(crate) fn constructed(value: &Expr) -> Option<&Ident> {
    let Expr::Call(call) = plain(value) else { return None };
    let Expr::Path(function) = plain(&call.func) else { return None };
    function.path.segments.iter().rev().nth(1).map(|owner| &owner.ident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::Bag;

    fn taken(args: &str, signature: &str) -> (Vec<String>, Vec<(String, String)>) {
        let bag = Bag::new();
        let args: TokenStream = args.parse().expect("tokens");
        let item: SpecFn = syn::parse_str(signature).expect("a signature");
        let mut spec = Spec::parse(&bag, args.clone());
        spec.take_parameters(&item, &args);
        assert!(bag.check().is_empty());
        let taken = spec.taken.iter().map(ToString::to_string).collect();
        (taken, spec.unused.into_iter().map(|unused| (unused.name.to_string(), unused.help)).collect())
    }

    #[test]
    fn every_value_clause_takes_its_parameter() {
        for clause in ClauseName::ALL.iter().filter(|clause| clause.takes_parameter()) {
            let name = clause.text();
            assert_eq!(taken("", &format!("fn fit({name}: T)")).0, [name]);
            assert!(taken(&format!("{name} = other"), &format!("fn fit({name}: T)")).0.is_empty());
        }
    }

    #[test]
    fn what_another_clause_excludes_is_left() {
        assert!(taken("training_step = step", "fn fit(loss: L, forward: F)").0.is_empty());
        assert!(taken("clip_grad_value = 0.5", "fn fit(clip_grad_norm: f32)").0.is_empty());
    }

    #[test]
    fn a_number_called_run_is_not_the_options() {
        let of = |ty: &str| taken("", &format!("fn fit(run: {ty})")).0;
        for plain in ["usize", "&str", "String", "&'static str"] {
            assert!(of(plain).is_empty(), "{plain}");
        }
        for options in ["RunOptions", "&RunOptions", "&training_loop::RunOptions", "T"] {
            assert_eq!(of(options), ["run"], "{options}");
        }
    }

    #[test]
    fn a_foreign_name_that_nothing_uses_is_told() {
        let help = |args: &str, parameter: &str| {
            taken(args, &format!("fn fit({parameter}: T)")).1.pop().map(|(_, help)| help)
        };
        let renamed = |ours: &str, typed: &str| {
            Some(format!("call the parameter `{ours}`, or write `{ours} = {typed}`"))
        };
        assert_eq!(help("", "val"), renamed("valid", "val"));
        assert_eq!(help("", "num_epochs"), renamed("epochs", "num_epochs"));
        assert_eq!(help("", "vaild"), renamed("valid", "vaild"));
        assert!(help("", "lr").is_some_and(|help| help.contains("argument of the optimizer")));
        assert!(help("", "metrics").is_some_and(|help| help.contains("metrics = [accuracy]")));
        assert_eq!(help("optimizer = Sgd::new(model.parameters(), lr)", "lr"), None);
        assert_eq!(help("on(epoch_end = |_, _| println!(\"{val}\"))", "val"), None);
        assert_eq!(help("", "_val"), None);
        assert_eq!(help("", "options"), None);
    }

    #[test]
    fn no_foreign_name_is_a_clause() {
        let rows = ClauseName::ALL.iter().flat_map(|clause| clause.row().parameters);
        let names: Vec<&str> = rows.chain(ARGUMENTS.iter().flat_map(|(names, _)| *names)).copied().collect();
        for name in &names {
            assert!(ClauseName::find(name).is_none(), "{name}");
            assert_eq!(names.iter().filter(|other| *other == name).count(), 1, "{name}");
        }
    }
}
