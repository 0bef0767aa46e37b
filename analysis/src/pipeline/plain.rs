//! Specs whose loop needs no check.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Expr;

use crate::spec::{Spec, chain_start, constructed, plain};
use crate::vocabulary::{is_parameters, knows_loss};

/// Whether no lint can have a finding in the loop of a spec: the loop has the standard order, a loss of the runtime and an
/// optimizer of all parameters of the model, and the other values contain no blocks, closures or macros.
///
/// The check of the loop takes most of the time of the macro.
pub(super) fn is_plain(spec: &Spec, args: &TokenStream) -> bool {
    let has_code = spec.forward.is_some()
        || spec.training_step.is_some()
        || spec.loss_weight.is_some()
        || spec.phases.is_some()
        || spec.train_order.is_some()
        || spec.eval_order.is_some()
        || spec.on.is_some();
    if has_code || spec.evaluates || !is_simple(args) {
        return false;
    }
    let (Some(model), Some(loss), Some(optimizer)) = (&spec.model, &spec.loss, &spec.optimizer) else {
        return false;
    };
    let Some(model) = name(&model.value) else { return false };
    let data = [&spec.train, &spec.valid].into_iter().flatten();
    let is_known_loss = matches!(plain(&loss.value), Expr::Path(path)
        if path.path.segments.last().is_some_and(|last| knows_loss(&last.ident.to_string())));
    is_known_loss
        && data.into_iter().all(|data| name(&data.value).is_some())
        && (name(&optimizer.value).is_some() || trains(&optimizer.value, model))
        && mentions(args, model) <= 1
}

/// The variable that an expression is.
fn name(value: &Expr) -> Option<&Ident> {
    let Expr::Path(path) = plain(value) else { return None };
    path.path.get_ident()
}

/// Whether an expression is `Optimizer::new(model.parameters(), ..)` with methods after it.
fn trains(optimizer: &Expr, model: &Ident) -> bool {
    let start = chain_start(optimizer);
    let Expr::Call(call) = plain(start) else { return false };
    let Some(Expr::MethodCall(parameters)) = call.args.first().map(plain) else { return false };
    constructed(start).is_some()
        && is_parameters(&parameters.method.to_string())
        && parameters.args.is_empty()
        && name(&parameters.receiver) == Some(model)
}

/// Whether tokens contain no blocks, closures and macros.
fn is_simple(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().all(|token| match token {
        TokenTree::Group(group) => {
            group.delimiter() != proc_macro2::Delimiter::Brace && is_simple(&group.stream())
        }
        TokenTree::Punct(punct) => !matches!(punct.as_char(), '|' | '!' | '?'),
        TokenTree::Ident(_) | TokenTree::Literal(_) => true,
    })
}

/// How often tokens contain a name.
fn mentions(tokens: &TokenStream, name: &Ident) -> usize {
    let count = |token| match token {
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Ident(ident) => usize::from(ident == *name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => 0,
    };
    tokens.clone().into_iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use syn::{ForeignItemFn, Meta};

    use super::super::faults_in_loop;
    use super::*;

    const SIGNATURES: [&str; 3] = [
        "fn fit(model: &mut Net, train: &DataLoader) -> Result<History>;",
        "fn fit(model: &mut Net, train: &DataLoader, valid: &DataLoader, run: &RunOptions) -> Result<History>;",
        "fn fit(net: &Net, loader: &DataLoader, valid: Option<&DataLoader>) -> Result<History>;",
    ];
    const OPTIMIZERS: [&str; 3] = [
        "Adam::new({model}.parameters(), 1e-3)",
        "Sgd::new({model}.parameters(), 0.1).momentum(0.9).weight_decay(1e-4)",
        "training_loop::AdamW::new({model}.parameters(), rate)",
    ];
    const LOSSES: [&str; 3] = ["cross_entropy", "mse_loss", "training_loop::bce_with_logits_loss"];
    const CLAUSES: [&str; 16] = [
        "epochs = 3",
        "max_steps = 100",
        "max_time = 3 minutes",
        "seed = 1",
        "accumulate = 4",
        "clip_grad_norm = 1.0",
        "clip_grad_value = 0.5",
        "scheduler = CosineLr::new(100)",
        "scheduler = StepLr::new(1, 0.5).per_epoch()",
        "warmup = 3 steps",
        "ema(decay = 0.9)",
        "metrics = [accuracy]",
        "train_metrics = [accuracy]",
        "early_stop(monitor = train_loss, patience = 2)",
        "checkpoint(every = 1 epochs)",
        "anomaly = full",
    ];

    /// Whether a spec is plain. The loop of a plain one has no findings when it is checked.
    fn is_right(args: &str, item: &str) -> bool {
        let args: TokenStream = args.parse().expect("tokens");
        let crate::item::Item::Spec(item) = crate::item::Item::parse(&item.parse().expect("tokens")) else {
            panic!("not a spec: {item}")
        };
        match faults_in_loop(&args, &item) {
            Some((spec, found)) if is_plain(&spec, &args) => {
                assert!(found.is_empty(), "{args}: {found:?}");
                true
            }
            _ => false,
        }
    }

    #[test]
    fn a_check_finds_nothing_in_the_loop_of_a_plain_spec() {
        let mut count = 0;
        for (one, first) in CLAUSES.iter().enumerate() {
            for (other, second) in CLAUSES.iter().enumerate().skip(one) {
                let signature = SIGNATURES[(one + other) % 3];
                let model = if signature.contains("net") { "net" } else { "model" };
                let optimizer = OPTIMIZERS[one % 3].replace("{model}", model);
                let loss = LOSSES[other % 3];
                let second = if one == other { "" } else { second };
                let end = if first.starts_with("epochs") { "" } else { "epochs = 2," };
                let args = format!("loss = {loss}, optimizer = {optimizer}, {end} {first}, {second}");
                count += usize::from(is_right(&args, signature));
            }
        }
        assert!(count > 60, "only {count} plain specs");
    }

    /// The specs of the files in a folder.
    fn specs(folder: &str) -> Vec<(String, String)> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut all = Vec::new();
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            let Ok(file) = syn::parse_file(&text) else { continue };
            for item in file.items {
                let syn::Item::Verbatim(tokens) = item else { continue };
                let Ok(mut function) = syn::parse2::<ForeignItemFn>(tokens) else { continue };
                let own = function.attrs.iter().position(|own| own.path().is_ident("training_loop"));
                let Some(own) = own.map(|own| function.attrs.remove(own)) else { continue };
                let Meta::List(list) = own.meta else { continue };
                all.push((list.tokens.to_string(), quote::ToTokens::to_token_stream(&function).to_string()));
            }
        }
        all
    }

    #[test]
    fn nor_in_the_plain_specs_of_other_tests() {
        let all = ["../tests/expand", "../tests/ui/fail/spec", "tests/specs"].map(specs).concat();
        assert!(all.len() > 100, "only {} specs", all.len());
        let plain = all.iter().filter(|(args, item)| is_right(args, item)).count();
        assert!(plain > 20, "only {plain} plain specs");
    }

    #[test]
    fn what_has_code_of_its_own_is_checked() {
        let spec = |changed: &str| {
            let args = format!("{changed}, epochs = 3");
            is_right(&args, SIGNATURES[0])
        };
        let adam = "optimizer = Adam::new(model.parameters(), 0.1)";
        assert!(spec(&format!("loss = mse_loss, {adam}")));
        for changed in [
            format!("loss = accuracy, {adam}"),
            format!("loss = |output, batch| mse_loss(output, &batch.target), {adam}"),
            format!("loss = mse_loss, {adam}, forward = predict"),
            format!("training_step = step, {adam}"),
            "loss = mse_loss, optimizer = Adam::new(teacher.parameters(), 0.1)".to_owned(),
            "loss = mse_loss, optimizer = Adam::new(model.head.parameters(), 0.1)".to_owned(),
            "loss = mse_loss, optimizer = build(model)".to_owned(),
            format!("loss = mse_loss, {adam}, on(epoch_end = save)"),
            format!("loss = mse_loss, {adam}, scheduler = schedule_of(model)"),
            format!("loss = mse_loss, {adam}, train_order = [forward, loss, zero_grad, backward, step]"),
        ] {
            assert!(!spec(&changed), "{changed}");
        }
    }
}
