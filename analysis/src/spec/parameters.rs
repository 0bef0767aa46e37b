//! The one rule for parameters: a clause that is absent takes the function's parameter of its name.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::{Expr, Ident};

use super::names::{CLAUSES, Form};
use super::{Clause, Spec, Value};
use crate::item::SpecFn;
use crate::stage::nearest;

/// Clauses that leave no room for another: where one is typed, a parameter named as the other is the user's own.
const EXCLUDED: [(&str, &str); 6] = [
    ("loss", "training_step"),
    ("forward", "training_step"),
    ("training_step", "loss"),
    ("training_step", "forward"),
    ("clip_grad_norm", "clip_grad_value"),
    ("clip_grad_value", "clip_grad_norm"),
];

/// Names that people give to parameters, and the clause whose name they should have.
const FOREIGN: [(&str, &[&str]); 12] = [
    ("model", &["net", "network"]),
    (
        "train",
        &[
            "train_loader",
            "train_data",
            "train_set",
            "train_dataset",
            "train_dl",
            "training",
            "training_data",
            "dataloader_train",
            "loader",
            "dataloader",
        ],
    ),
    (
        "valid",
        &[
            "val",
            "val_loader",
            "val_data",
            "val_set",
            "valid_loader",
            "valid_data",
            "valid_dl",
            "valid_set",
            "validation",
            "validation_loader",
            "validation_data",
            "validation_set",
            "dataloader_valid",
            "dev",
            "dev_loader",
            "dev_set",
            "eval_loader",
            "eval_data",
            "eval_dataset",
            "test",
            "test_loader",
            "test_data",
        ],
    ),
    ("loss", &["criterion", "loss_fn", "loss_func", "loss_function"]),
    ("optimizer", &["optim", "optimiser", "opt", "opt_func"]),
    ("scheduler", &["schedule", "sched", "lr_scheduler", "lr_schedule"]),
    (
        "epochs",
        &[
            "max_epochs",
            "num_epochs",
            "num_train_epochs",
            "n_epochs",
            "n_epoch",
            "nb_epochs",
            "nb_epoch",
            "epoch_count",
        ],
    ),
    (
        "max_steps",
        &["steps", "num_steps", "n_steps", "total_steps", "max_iterations", "max_iters", "iterations"],
    ),
    ("seed", &["random_seed", "rng_seed", "manual_seed", "random_state"]),
    (
        "accumulate",
        &[
            "accumulation",
            "accumulation_steps",
            "accumulate_grad_batches",
            "gradient_accumulation_steps",
            "grad_accumulation",
            "grads_accumulation",
        ],
    ),
    (
        "clip_grad_norm",
        &[
            "clip",
            "clip_norm",
            "grad_clip",
            "gradient_clip",
            "gradient_clipping",
            "gradient_clip_val",
            "max_norm",
            "max_grad_norm",
            "clipnorm",
            "global_clipnorm",
        ],
    ),
    ("clip_grad_value", &["clip_value", "clipvalue"]),
];

/// Names of things that are an argument of something else, and what to write.
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

/// A parameter that the loop does not use though its name says what it is for.
pub(crate) struct Unused {
    pub(crate) name: Ident,
    /// The clause that it is meant for, if it is for one that could take it.
    pub(crate) clause: Option<&'static str>,
    /// What to do about it.
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

    /// Gives each absent clause the parameter of its name, and keeps those that a name is no help for.
    pub(crate) fn take_parameters(&mut self, item: &SpecFn, args: &TokenStream) {
        let parameters = item.parameters();
        let typed: Vec<String> = self.keys.iter().map(|key| key.unraw().to_string()).collect();
        let is_typed = |clause: &str| typed.iter().any(|key| key == clause) || self.meant.contains(&clause);
        let excluded = |clause: &str| EXCLUDED.iter().any(|&(one, other)| one == clause && is_typed(other));
        let takes = |parameter: &&Ident| {
            let name = parameter.unraw().to_string();
            let is_value = CLAUSES.iter().any(|&(clause, form)| clause == name && form == Form::Value);
            is_value && !is_typed(&name) && !excluded(&name)
        };
        let taken: Vec<Ident> = parameters.iter().filter(takes).cloned().collect();
        for parameter in taken {
            let name = parameter.unraw().to_string();
            if let Some(field) = self.field(&name) {
                let value = syn::parse_quote!(#parameter);
                *field = Some(Clause { key: parameter.clone(), value });
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
        self.unused = parameters.iter().filter(|parameter| !is_used(parameter)).filter_map(unused).collect();
    }

    /// The field of a clause whose value is an expression.
    pub(super) fn field(&mut self, name: &str) -> Option<&mut Value> {
        Some(match name {
            "model" => &mut self.model,
            "train" => &mut self.train,
            "valid" => &mut self.valid,
            "loss" => &mut self.loss,
            "loss_weight" => &mut self.loss_weight,
            "forward" => &mut self.forward,
            "training_step" => &mut self.training_step,
            "optimizer" => &mut self.optimizer,
            "scheduler" => &mut self.scheduler,
            "epochs" => &mut self.epochs,
            "max_steps" => &mut self.max_steps,
            "seed" => &mut self.seed,
            "accumulate" => &mut self.accumulate,
            "clip_grad_norm" => &mut self.clip_grad_norm,
            "clip_grad_value" => &mut self.clip_grad_value,
            _ => return None,
        })
    }

    /// The unused parameter that was meant for this clause.
    pub(crate) fn meant_for(&self, clause: &str) -> Option<&Unused> {
        self.unused.iter().find(|unused| unused.clause == Some(clause))
    }
}

/// What to say to a parameter that nothing mentions; nothing if its name does not tell what it is for.
fn unused(parameter: &Ident) -> Option<Unused> {
    let name = parameter.unraw().to_string();
    let found =
        |clause: Option<&'static str>, help: String| Some(Unused { name: parameter.clone(), clause, help });
    if let Some((_, help)) = ARGUMENTS.iter().find(|(names, _)| names.contains(&name.as_str())) {
        return found(None, (*help).to_owned());
    }
    let known = CLAUSES.iter().find(|(clause, _)| *clause == name);
    if let Some((_, form)) = known {
        let example = super::parse::example(&name);
        return match form {
            Form::Value => None, // Another clause leaves no room for it; rustc says that it is unused.
            Form::List | Form::Group => found(None, format!("write the clause: `{example}`")),
        };
    }
    let values = CLAUSES.iter().filter(|(clause, form)| *form == Form::Value && *clause != "crate");
    let clause = clause_of(&name).or_else(|| {
        let near = nearest(&name, values.clone().map(|(clause, _)| *clause))?;
        values.clone().map(|(clause, _)| *clause).find(|clause| *clause == near)
    })?;
    found(Some(clause), format!("call the parameter `{clause}`, or write `{clause} = {name}`"))
}

/// The clause that another framework's name stands for.
pub(crate) fn clause_of(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(_, names)| names.contains(&name)).map(|(clause, _)| *clause)
}

/// Every name in some tokens, also those inside format strings.
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

/// The expression without parentheses.
pub(crate) fn plain(mut value: &Expr) -> &Expr {
    loop {
        value = match value {
            Expr::Paren(paren) => &paren.expr,
            Expr::Group(group) => &group.expr,
            other => return other,
        };
    }
}

/// Where a chain of method calls begins: `CosineLr::new(30)` of `CosineLr::new(30).min(1e-4).per_epoch()`.
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
        let values = CLAUSES.iter().filter(|(name, form)| *form == Form::Value && *name != "crate");
        for (name, _) in values {
            assert_eq!(taken("", &format!("fn fit({name}: T)")).0, [*name]);
            assert!(taken(&format!("{name} = other"), &format!("fn fit({name}: T)")).0.is_empty());
        }
    }

    #[test]
    fn what_another_clause_excludes_is_left() {
        assert!(taken("training_step = step", "fn fit(loss: L, forward: F)").0.is_empty());
        assert!(taken("clip_grad_value = 0.5", "fn fit(clip_grad_norm: f32)").0.is_empty());
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
        let names = FOREIGN
            .iter()
            .flat_map(|(_, names)| *names)
            .chain(ARGUMENTS.iter().flat_map(|(names, _)| *names));
        for name in names {
            assert!(CLAUSES.iter().all(|(clause, _)| clause != name), "{name}");
        }
    }
}
