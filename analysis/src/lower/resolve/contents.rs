//! Facts about the checked code that no single function shows: the layers of a type, and the
//! checkpoints from which other functions resume.

use super::survey::Survey;
use super::{FnId, Resolver, TypeId};
use crate::cfg::Expression;
use crate::limits;
use crate::tokens::names_in;
use crate::vocabulary::rust::is_number;
use crate::vocabulary::{Uses, holds_layers, is_batch_norm, is_plain_layer};

impl Resolver<'_> {
    /// Whether a model of this type has a batch norm; `None` if a field has an unknown type.
    ///
    /// The answer depends on the fields, and on the bodies of the type's functions, because these
    /// may build layers.
    pub(in crate::lower) fn has_batch_norm(&self, ty: TypeId, depth: usize) -> Option<bool> {
        let known = &self.types[ty];
        if known.ambiguous || !known.defined || depth > limits::MEASURE_SOURCES {
            return None;
        }
        let ids = || known.functions.values().flatten();
        let built = ids().any(|id| self.functions[*id].names().iter().any(|name| is_batch_norm(name)));
        let mut names =
            known.fields.iter().flat_map(|(name, ty)| names_in(ty).into_iter().chain([name.clone()]));
        if built || names.any(|name: String| is_batch_norm(&name)) {
            return Some(true);
        }
        let mut all_known = !known.fields.is_empty();
        for (_, field) in &known.fields {
            for name in names_in(field) {
                let inner = self.types.iter().position(|ty| ty.name == name && ty.defined);
                match inner.map(|inner| self.has_batch_norm(inner, depth + 1)) {
                    Some(Some(true)) => return Some(true),
                    Some(Some(false)) => {}
                    Some(None) => all_known = false,
                    None => {
                        let built = holds_layers(&name) && ids().next().is_some();
                        all_known &=
                            built || is_plain_layer(&name) || is_number(&name) || is_container(&name);
                    }
                }
            }
        }
        all_known.then_some(false)
    }

    /// Whether a function other than `from` restores a model from one of these paths and trains the
    /// model, without restoring the optimizer.
    pub(in crate::lower) fn is_resumed(&self, from: FnId, paths: &[Expression]) -> bool {
        let mut others = self.resuming.iter().filter(|id| **id != from);
        others.any(|id| {
            let restored = &self.functions[*id].survey.passed.restored;
            restored.iter().any(|path| paths.contains(path))
        })
    }

    /// The functions that restore a model and train it, without restoring the optimizer.
    pub(super) fn find_resuming(&self) -> Vec<FnId> {
        let resumes = |id: &FnId| {
            let Survey { passed, uses, .. } = &self.functions[*id].survey;
            !passed.restored.is_empty() && !passed.keeps_optimizer && uses.values().any(Uses::is_stepped)
        };
        (0..self.functions.len()).filter(resumes).collect()
    }
}

/// Whether a name in a type denotes a collection of layers, a wrapper of layers, or a module in the
/// path of the type.
fn is_container(name: &str) -> bool {
    crate::vocabulary::rust::type_shape(name).is_some() || crate::vocabulary::is_module_path(name)
}
