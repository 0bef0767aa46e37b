//! The attribute above a module or an `impl`: its functions are checked together.
//!
//! The item comes out as it went in, but for the attributes inside that would have a function checked again;
//! a function without a body keeps its own, which writes its loop.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, ItemFn};

use super::options;
use crate::attribute::{self, Above, is_ours};
use crate::bag::Bag;
use crate::check::check_items;
use crate::deep::is_deep;
use crate::options::Origin;
use crate::report;

/// Reads the functions of a module or an `impl` together.
pub(super) fn read(args: TokenStream, group: syn::Item, tokens: &TokenStream) -> TokenStream {
    let bag = Bag::new();
    let around = attribute::read(&bag, args, Above::Group, None, options(Origin::Hand));
    let items = [group];
    let found = check_items(&items, &*attribute::told(&bag), Some(around));
    let mut findings = bag.check();
    findings.extend(found);
    let user = report::hygiene(tokens);
    let (errors, warnings) = (report::errors(&findings, user), report::warnings(&findings, user));
    // What stands inside is read already, and not once more by itself.
    let mut strip = Strip { found: false };
    let [mut group] = items;
    strip.visit_item_mut(&mut group);
    let group = if strip.found { group.to_token_stream() } else { tokens.clone() };
    quote!(#group #errors #warnings)
}

/// Takes the attribute off everything that the checker reads.
struct Strip {
    found: bool,
}

impl Strip {
    fn strip(&mut self, attributes: &mut Vec<Attribute>) {
        let before = attributes.len();
        attributes.retain(|attribute| !is_ours(attribute));
        self.found |= attributes.len() < before;
    }
}

impl VisitMut for Strip {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.strip(&mut item.attrs);
        if !is_deep(&item.block) {
            visit_mut::visit_item_fn_mut(self, item);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        self.strip(&mut item.attrs);
        if !is_deep(&item.block) {
            visit_mut::visit_impl_item_fn_mut(self, item);
        }
    }

    fn visit_trait_item_fn_mut(&mut self, item: &mut syn::TraitItemFn) {
        if item.default.is_some() {
            self.strip(&mut item.attrs);
        }
        if !item.default.as_ref().is_some_and(is_deep) {
            visit_mut::visit_trait_item_fn_mut(self, item);
        }
    }

    fn visit_item_mod_mut(&mut self, item: &mut syn::ItemMod) {
        if item.content.is_some() {
            self.strip(&mut item.attrs);
        }
        visit_mut::visit_item_mod_mut(self, item);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        self.strip(&mut item.attrs);
        visit_mut::visit_item_impl_mut(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{expand_attribute, guarded};
    use super::*;

    /// What the attribute makes of an item, and the item itself.
    fn expanded(args: &str, item: &str) -> (String, String) {
        let item: TokenStream = item.parse().unwrap_or_else(|error| panic!("{item}: {error}"));
        let args = args.parse().unwrap_or_else(|error| panic!("{args}: {error}"));
        (item.to_string(), guarded(&item, || expand_attribute(args, &item)).to_string())
    }

    const STEP: &str = "fn step(model: &Mlp, opt: &mut Sgd, batch: &Batch) {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        opt.step();
    }";
    const FIT: &str = "pub fn fit(model: &Mlp, train: &DataLoader) {
        let mut opt = Sgd::new(model.parameters(), 0.1);
        for batch in train { step(model, &mut opt, &batch); }
    }";

    #[test]
    fn functions_of_a_module_are_checked_together() {
        let (_, code) = expanded("", &format!("pub mod training {{ use super::*; {STEP} {FIT} }}"));
        assert!(code.contains("adds to gradients") && code.contains("called from `fit`"), "{code}");
        assert_eq!(code.matches("compile_error").count(), 1, "{code}");
        let right = FIT.replace("step(model", "opt.zero_grad(); step(model");
        let (item, code) = expanded("", &format!("pub mod training {{ //! Doc.\n {STEP} {right} }}"));
        assert_eq!(item, code);
    }

    #[test]
    fn methods_of_an_impl_are_checked_together() {
        let methods = |zero: &str| {
            format!(
                "impl<M: Module> Trainer<M> {{
                    fn step(&mut self, batch: &Batch) {{
                        {zero}
                        mse_loss(&self.model.forward(&batch.input), &batch.target).backward();
                        self.optimizer.step();
                    }}
                    pub fn fit(&mut self, train: &DataLoader) {{
                        for batch in train {{ self.step(&batch); }}
                    }}
                }}"
            )
        };
        assert!(expanded("", &methods("")).1.contains("compile_error"));
        let (item, code) = expanded("", &methods("self.optimizer.zero_grad();"));
        assert_eq!(item, code);
    }

    #[test]
    fn inner_attributes_are_honoured_and_not_run_again() {
        let inner = format!("mod training {{ #[training_loop(allow(missing_zero_grad))] {STEP} {FIT} }}");
        let (_, code) = expanded("", &inner);
        assert!(!code.contains("compile_error") && !code.contains("training_loop"), "{code}");
        let spec = "mod training { #[training_loop(loss = f, epochs = 1)] fn fit(model: &M, train: &D) -> Result<History>; }";
        let (item, code) = expanded("", spec);
        assert_eq!(item, code);
        let (_, code) = expanded("", &inner.replace("allow(missing_zero_grad)", "epochs = 3"));
        assert!(code.contains("has no effect on a function with a body"), "{code}");
    }

    #[test]
    fn clauses_above_hold_for_all_functions() {
        let module = format!("mod training {{ {STEP} {FIT} }}");
        assert!(!expanded("allow(missing_zero_grad)", &module).1.contains("compile_error"));
        let warned = expanded("warn(missing_zero_grad)", &module).1;
        assert!(warned.contains("deprecated") && !warned.contains("compile_error"), "{warned}");
        let (_, code) = expanded("epochs = 3", &module);
        assert!(code.contains("`epochs` describes one loop"), "{code}");
    }

    #[test]
    fn half_typed_groups_come_out_as_they_are() {
        for item in
            ["mod training { fn fit(model: ) {} }", "impl Trainer { fn fit(&self) -> { } }", "impl Trainer"]
        {
            let (item, code) = expanded("", item);
            assert_eq!(item, code);
        }
    }

    #[test]
    fn helpers_alone_are_nobodys_fault() {
        let (item, code) = expanded(
            "",
            "mod helpers {
                pub fn apply(opt: &mut Sgd) { opt.clip_grad_norm(1.0); opt.step(); }
                pub fn reset(opt: &mut Sgd) { opt.zero_grad(); }
                pub fn run(loss: &Tensor) { loss.backward(); }
                pub fn all(losses: &[Tensor], opt: &mut Sgd) { for loss in losses { loss.backward(); } }
            }",
        );
        assert_eq!(item, code);
    }
}
