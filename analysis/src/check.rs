//! The checker's doors: a function or a file in, findings in source order out.

use syn::visit::{self, Visit};
use syn::{File, ImplItemFn, ItemFn, TraitItemFn};

use crate::diagnostic::{Diagnostic, Level};
use crate::suppress::Levels;
use crate::{flow, lints, lower};

/// Who wrote the loop that is checked: decides how findings are worded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A person; findings stand on calls and name lines.
    #[default]
    Hand,
    /// The generator; findings stand on the tokens of a spec and name its clauses.
    Spec,
}

/// How a function is checked.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Who wrote the loop.
    pub origin: Origin,
    /// The function carries the attribute: what comes from the caller counts as zeroed.
    pub annotated: bool,
    /// What is done with each lint's findings.
    pub levels: Levels,
    /// Names told to be optimizers.
    pub optimizers: Vec<String>,
    /// Names told to be models.
    pub models: Vec<String>,
}

/// Checks one function.
///
/// # Example
/// ```
/// use training_loop_analysis::{CheckOptions, check_fn};
///
/// let function = syn::parse_str(
///     "fn fit(model: &mut Mlp, train: &DataLoader) {
///          let mut optimizer = Sgd::new(model.parameters(), 0.01);
///          for batch in train {
///              let loss = mse_loss(&model.forward(&batch.input), &batch.target);
///              loss.backward();
///              optimizer.step();
///          }
///      }",
/// )?;
/// let findings = check_fn(&function, &CheckOptions { annotated: true, ..CheckOptions::default() });
/// assert_eq!(findings[0].lint, Some("missing_zero_grad"));
/// assert_eq!(findings[0].place.line(), 5);
/// # Ok::<(), syn::Error>(())
/// ```
pub fn check_fn(function: &ItemFn, options: &CheckOptions) -> Vec<Diagnostic> {
    let cfg = lower::lower(function, options);
    let solution = flow::solve(&cfg, options.annotated);
    if cfg.gave_up || solution.gave_up {
        return Vec::new();
    }
    options.levels.apply(lints::judge(&cfg, &solution, options))
}

/// The control flow of a function as text, with the state of each optimizer's gradients beside it.
pub fn draw_fn(function: &ItemFn, options: &CheckOptions) -> String {
    let cfg = lower::lower(function, options);
    let solution = flow::solve(&cfg, options.annotated);
    cfg.text(&|block| solution.margin(&cfg, block))
}

/// The control flow of a function as a Mermaid flowchart.
pub fn draw_fn_mermaid(function: &ItemFn, options: &CheckOptions) -> String {
    lower::lower(function, options).mermaid()
}

/// Checks every function of a file, the methods of its types and traits included.
///
/// A function that carries `#[training_loop]` is checked as the macro checks it; one that has a spec
/// and no body is left to the generator.
pub fn check_file(file: &File) -> Vec<Diagnostic> {
    let mut walk = Walk { findings: Vec::new() };
    walk.visit_file(file);
    let mut findings = walk.findings;
    findings.sort_by_key(|finding| (finding.place.line(), finding.place.column()));
    findings
}

struct Walk {
    findings: Vec<Diagnostic>,
}

impl Walk {
    fn check(&mut self, function: &ItemFn) {
        let attribute = function.attrs.iter().find(|attribute| {
            attribute.path().segments.last().is_some_and(|last| last.ident == "training_loop")
        });
        let mut options = CheckOptions { annotated: attribute.is_some(), ..CheckOptions::default() };
        if let Some(attribute) = attribute {
            tell(attribute, &mut options);
        }
        self.findings.extend(check_fn(function, &options));
    }
}

/// Reads what an attribute above a body tells: roles and levels. What else it says is the macro's business.
fn tell(attribute: &syn::Attribute, options: &mut CheckOptions) {
    use crate::suppress::Setting;
    use syn::punctuated::Punctuated;
    use syn::{Expr, Meta, MetaList, Path, Token};

    let Ok(clauses) = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
        return;
    };
    let set = |options: &mut CheckOptions, list: &MetaList, setting: Setting| {
        let names = list.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        for name in names.iter().flatten().filter_map(Path::get_ident) {
            options.levels.set(name.to_string(), setting);
        }
    };
    for clause in clauses {
        match clause {
            Meta::List(list) if list.path.is_ident("allow") => set(options, &list, Setting::Allow),
            Meta::List(list) if list.path.is_ident("warn") => set(options, &list, Setting::Warn),
            Meta::List(list) if list.path.is_ident("deny") => set(options, &list, Setting::Deny),
            Meta::NameValue(told) => {
                let Expr::Path(name) = &told.value else { continue };
                let Some(name) = name.path.get_ident() else { continue };
                if told.path.is_ident("optimizer") {
                    options.optimizers.push(name.to_string());
                } else if told.path.is_ident("model") {
                    options.models.push(name.to_string());
                }
            }
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.check(function);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, method: &'ast ImplItemFn) {
        self.check(&as_function(&method.attrs, &method.sig, &method.block));
        visit::visit_impl_item_fn(self, method);
    }

    fn visit_trait_item_fn(&mut self, method: &'ast TraitItemFn) {
        if let Some(body) = &method.default {
            self.check(&as_function(&method.attrs, &method.sig, body));
        }
        visit::visit_trait_item_fn(self, method);
    }
}

/// A method as a function, which it is to the checker.
fn as_function(attrs: &[syn::Attribute], sig: &syn::Signature, block: &syn::Block) -> ItemFn {
    let mut function: ItemFn = syn::parse_quote!(
        fn method() {}
    );
    function.attrs = attrs.to_vec();
    function.sig = sig.clone();
    *function.block = block.clone();
    function
}

/// The levels in use: certain findings are errors, the others warnings, whatever the lint's own level.
pub(crate) fn level(certain: crate::cfg::Certain) -> Level {
    match certain {
        crate::cfg::Certain::Every => Level::Error,
        crate::cfg::Certain::Some => Level::Warning,
    }
}
