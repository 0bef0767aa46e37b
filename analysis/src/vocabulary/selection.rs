//! Selects the vocabularies of a file: the vocabularies of the libraries that the file uses.
//!
//! A name has different meanings in different libraries. A file that imports a library is checked with the library's
//! vocabulary, and with the vocabularies that belong to no crate.
//! A file that imports no known library is checked with all vocabularies. An annotated function is
//! checked with all vocabularies too, because the macro does not see the `use` items of the file.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::burn::BURN;
use super::candle::CANDLE;
use super::dfdx::DFDX;
use super::distributed::DISTRIBUTED;
use super::index::Rows;
use super::mpi::MPI;
use super::nccl::NCCL;
use super::tch::TCH;
use super::training_loop::TRAINING_LOOP;
use super::words::STEP;
use super::{
    CallEffect, GradientStop, Keeping, Loss, Op, Vocabulary, clips, fuses_step, is_loss,
    only_zeroes_gradients, rust,
};
use crate::stage::{Effect, Stage};

/// All vocabularies, in the order of lookup.
pub(super) const LIBRARIES: [&Vocabulary; 8] =
    [&MPI, &NCCL, &TRAINING_LOOP, &TCH, &CANDLE, &BURN, &DFDX, &DISTRIBUTED];

/// The names of the libraries that only connect processes. The use of such a library does not show
/// which library computes the gradients of a file.
const OF_PROCESSES: [&str; 2] = [MPI.name, NCCL.name];

/// A crate whose names are in a vocabulary that is always selected.
const BASE: &str = "training_loop";

/// A set of vocabularies, with one bit for each vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vocabularies(u16);

/// A row of a table of methods: the maximal number of arguments, and the effect.
type Method = (usize, CallEffect);

static OPTIMIZER_METHODS: LazyLock<Rows<Method>> =
    LazyLock::new(|| Rows::of(|table| table.optimizer_methods.iter().map(|row| (row.0, (row.1, row.2)))));
static METHODS: LazyLock<Rows<Method>> =
    LazyLock::new(|| Rows::of(|table| table.methods.iter().map(|row| (row.0, (row.1, row.2)))));
static FUNCTIONS: LazyLock<Rows<CallEffect>> =
    LazyLock::new(|| Rows::of(|table| table.functions.iter().copied()));
static OPS: LazyLock<Rows<Op>> = LazyLock::new(|| Rows::of(|table| table.ops.iter().copied()));
static CUTS: LazyLock<Rows<GradientStop>> = LazyLock::new(|| Rows::of(|table| table.cuts.iter().copied()));

impl Default for Vocabularies {
    fn default() -> Self {
        Self::ALL
    }
}

impl Vocabularies {
    /// Every vocabulary.
    pub const ALL: Self = Self((1 << LIBRARIES.len()) - 1);

    /// The vocabularies for code that uses these crates. If no crate is a known library, all
    /// vocabularies are selected.
    pub fn of_crates(crates: impl Iterator<Item = impl AsRef<str>>) -> Self {
        let (mut selected, mut known) = (0, false);
        for name in crates {
            let name = name.as_ref();
            known |= name == BASE;
            for (index, library) in LIBRARIES.iter().enumerate() {
                if library.crates.contains(&name) {
                    selected |= 1 << index;
                    known |= !OF_PROCESSES.contains(&library.name);
                }
            }
        }
        if known { Self(selected | Self::always()) } else { Self::ALL }
    }

    /// The vocabularies for code that imports no known library and calls these methods. If no
    /// method belongs to a single library, all vocabularies are selected.
    pub fn of_methods(names: &BTreeSet<String>) -> Self {
        let mut selected = 0;
        for (index, library) in LIBRARIES.iter().enumerate() {
            if library.marks.iter().any(|mark| names.contains(*mark)) {
                selected |= 1 << index;
            }
        }
        if selected == 0 { Self::ALL } else { Self(selected | Self::always()) }
    }

    /// The vocabularies that belong to no crate, as bits.
    fn always() -> u16 {
        let own = LIBRARIES.iter().enumerate().filter(|(_, library)| library.crates.is_empty());
        own.map(|(index, _)| 1 << index).sum()
    }

    /// The selected tables, in the order of lookup.
    fn tables(self) -> impl Iterator<Item = &'static Vocabulary> {
        let tables = LIBRARIES.into_iter().enumerate();
        tables.filter(move |(index, _)| self.0 & (1 << index) != 0).map(|(_, library)| library)
    }

    /// Whether a clone of a model shares its parameters, because the library's tensors are handles.
    ///
    /// In a file that imports no known library, a clone is assumed to have parameters of its own.
    pub fn clones_share(self) -> bool {
        self != Self::ALL
            && self.tables().any(|vocabulary| matches!(vocabulary.name, "candle" | "burn" | "dfdx"))
    }

    /// Whether `backward` of a loss with several numbers silently sums the numbers.
    pub fn sums_unreduced(self) -> bool {
        let mut known = self.tables().filter(|vocabulary| vocabulary.keeping.is_some()).peekable();
        known.peek().is_some() && known.all(|vocabulary| vocabulary.sums_unreduced)
    }

    /// The way in which `backward` stores the gradients; `None` if the selected vocabularies do not
    /// agree.
    ///
    /// If only the default vocabulary is selected, the gradients are in the parameters.
    pub fn keeping(self) -> Option<Keeping> {
        let mut known: Vec<Keeping> = self.tables().filter_map(|vocabulary| vocabulary.keeping).collect();
        known.dedup();
        match known[..] {
            [] => Some(Keeping::InPlace),
            [one] => Some(one),
            _ => None,
        }
    }

    /// The method of an optimizer that returns its state. `None` if no selected library can save the
    /// state, as candle and tch cannot.
    pub fn optimizer_state(self) -> Option<&'static str> {
        let is_library = |table: &&Vocabulary| table.keeping.is_some();
        let any = self != Self::ALL && self.tables().any(|table| is_library(&table));
        self.tables().filter(|table| is_library(table) == any).find_map(|table| table.optimizer_state)
    }

    /// Whether `backward` returns the gradients as a value in the selected libraries.
    pub fn gives_gradients(self) -> bool {
        self.keeping().is_some_and(|keeping| keeping != Keeping::InPlace)
    }

    /// Whether a step may update parameters that it gets by `&`, with gradients that are a value, as in candle.
    pub fn writes_through_shared(self) -> bool {
        self != Self::ALL && self.tables().any(|table| table.name == CANDLE.name)
    }

    /// The effects of a fused step of a model that owns its optimizer: `critic.backward_step(&loss)`.
    ///
    /// `None` if no selected library has a fused step of this kind, or if no import shows the library.
    pub fn fused_step(self, name: &str, arguments: usize) -> Option<&'static [Effect]> {
        let has = self != Self::ALL
            && self.tables().any(|table| table.name == CANDLE.name || table.name == TCH.name);
        let clipped: &[Effect] = &[Effect::Zero, Effect::Fill, Effect::Clip, Effect::Take];
        let plain: &[Effect] = &[Effect::Zero, Effect::Fill, Effect::Take];
        let fused = has && (1..=2).contains(&arguments) && fuses_step(name);
        fused.then_some(if clips(name) { clipped } else { plain })
    }

    /// Whether none of the selected libraries can run a forward without recording.
    pub fn always_records(self) -> bool {
        let mut values = self.tables().filter(|vocabulary| vocabulary.keeping.is_some()).peekable();
        values.peek().is_some() && values.all(|vocabulary| !vocabulary.stops_recording)
    }

    /// Whether the library panics on a write to a parameter in place while a graph is recorded.
    pub fn refuses_recorded_writes(self) -> bool {
        self != Self::ALL && self.tables().any(|vocabulary| vocabulary.tensor_methods.is_some())
    }

    /// Whether a method with this name exists only in libraries that cannot run a forward without
    /// recording.
    ///
    /// If no import identifies the library, a call of such a method shows that all forwards are
    /// recorded.
    pub fn tells_that_all_is_recorded(self, name: &str) -> bool {
        if self != Self::ALL {
            return false;
        }
        let has = |vocabulary: &&Vocabulary| vocabulary.methods.iter().any(|(known, ..)| *known == name);
        let mut tables = self.tables().filter(has).peekable();
        tables.peek().is_some()
            && tables.all(|vocabulary| vocabulary.keeping.is_some() && !vocabulary.stops_recording)
    }

    /// Whether a type accumulates gradients, in a library whose gradients are separate values.
    pub fn is_accumulator(self, name: &str) -> bool {
        self.tables().any(|vocabulary| vocabulary.accumulators.contains(&name))
    }

    /// Whether a type wraps a tensor.
    pub fn is_tensor(self, name: &str) -> bool {
        self.tables().any(|vocabulary| vocabulary.tensors.contains(&name))
    }

    /// Whether a type is an optimizer: `Adam`, or a variant of it with its name at the end, `SparseAdam`.
    ///
    /// The end of a name is its kind, so the risk is small: a type that is named after an optimizer
    /// and is none, such as a wrapper that only counts.
    pub fn is_optimizer(self, name: &str) -> bool {
        let variant = |known: &&str| {
            let rest = name.strip_suffix(*known);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(char::is_lowercase))
        };
        self.tables().any(|vocabulary| vocabulary.optimizers.iter().any(variant))
    }

    /// Whether a type is an optimizer of a library, and none of the user's own.
    pub fn is_optimizer_of_library(self, name: &str) -> bool {
        name == "Optimizer" || self.tables().any(|vocabulary| vocabulary.optimizers.contains(&name))
    }

    /// The effect of a method of an optimizer.
    pub fn optimizer_method(self, name: &str, arguments: usize) -> Option<CallEffect> {
        let name = self.infallible(name);
        let fit = |row: &Method| takes(*row, arguments);
        OPTIMIZER_METHODS
            .firsts(name, self.0, fit)
            .next()
            .map(|(_, does)| does)
            // If the library is unknown, a step with two arguments may have any meaning.
            .filter(|does| *does != CallEffect::UpdatesOther || self != Self::ALL)
            .or_else(|| lookup(rust::WRAPPERS, name, arguments))
            .or_else(|| zeroes(name, arguments))
    }

    /// The effect of a method of a scaler.
    pub fn scaler_method(self, name: &str, arguments: usize) -> Option<CallEffect> {
        self.tables().find_map(|vocabulary| lookup(vocabulary.scaler_methods, name, arguments))
    }

    /// The effect of a method whose receiver is neither an optimizer nor a scaler.
    pub fn method(self, name: &str, arguments: usize) -> Option<CallEffect> {
        let name = self.infallible(name);
        METHODS
            .firsts(name, self.0, |row| takes(*row, arguments))
            .map(|(_, does)| does)
            .find(|does| fits(*does, arguments))
            // The `step` of a recurrent layer gets an input and a state. The `step` of an
            // environment gets an action.
            .filter(|_| name != STEP || arguments == 2)
            .or_else(|| lookup(rust::WRAPPERS, name, arguments))
            .or_else(|| zeroes(name, arguments))
    }

    /// The method name without the prefix of fallible variants: `relu` for `f_relu`.
    fn infallible(self, name: &str) -> &str {
        let mut prefixes = self.tables().filter_map(|table| Some(table.tensor_methods.as_ref()?.fallible));
        prefixes.find_map(|prefix| name.strip_prefix(prefix)).filter(|rest| rest.len() > 1).unwrap_or(name)
    }

    /// Whether a method of tensors also writes its result to the receiver, as `relu_` does.
    pub fn writes_receiver(self, name: &str) -> bool {
        self.in_place_of(self.infallible(name)).is_some()
    }

    /// The method name without the suffix of in-place variants: `relu` for `relu_`. `None` if no
    /// table lists the method without the suffix.
    fn in_place_of(self, name: &str) -> Option<&str> {
        let mut letters = self.tables().filter_map(|table| Some(table.tensor_methods.as_ref()?.in_place));
        let plain = letters.find_map(|letter| name.strip_suffix(letter))?;
        (self.listed_op(plain).is_some() || self.listed_cut(plain).is_some()).then_some(plain)
    }

    /// The effect of a method that only tensors have.
    pub fn on_tensor(self, name: &str) -> Option<CallEffect> {
        let op = self.find_op(name).map(|_| CallEffect::KeepsGraph);
        op.or_else(|| self.cut(name).map(|_| CallEffect::Detaches))
    }

    /// The kind of values that the op with this name returns.
    pub fn op(self, name: &str) -> Op {
        self.find_op(name).unwrap_or(Op::Other)
    }

    fn find_op(self, name: &str) -> Option<Op> {
        let name = self.infallible(name);
        self.listed_op(name).or_else(|| self.listed_op(self.in_place_of(name)?))
    }

    fn listed_op(self, name: &str) -> Option<Op> {
        let known = OPS.named(name, self.0).next().map(|(_, op)| op);
        known.or_else(|| self.tables().find_map(|table| table.tensor_methods.as_ref()?.op(name)))
    }

    /// The way in which the method with this name stops the gradient of its receiver; `None` if no
    /// table lists the method.
    pub fn cut(self, name: &str) -> Option<GradientStop> {
        let name = self.infallible(name);
        self.listed_cut(name).or_else(|| self.listed_cut(self.in_place_of(name)?))
    }

    fn listed_cut(self, name: &str) -> Option<GradientStop> {
        let known = CUTS.named(name, self.0).next().map(|(_, how)| how);
        let listed = |table: &Vocabulary| {
            table.tensor_methods.as_ref().is_some_and(|methods| methods.choices.contains(&name))
        };
        known.or_else(|| self.tables().any(listed).then_some(GradientStop::Choice))
    }

    /// The loss with this name.
    pub fn loss(self, name: &str) -> Option<&'static Loss> {
        let name = self.infallible(name);
        self.losses().find(|loss| loss.name == name)
    }

    /// The loss that objects of this type compute.
    pub fn criterion(self, owner: &str) -> Option<&'static Loss> {
        self.losses().find(|loss| loss.of == Some(owner))
    }

    fn losses(self) -> impl Iterator<Item = &'static Loss> {
        self.tables().flat_map(|vocabulary| vocabulary.losses)
    }

    /// The effect of the free function with this name. A function that is named after a loss computes a loss.
    pub fn function(self, name: &str) -> Option<CallEffect> {
        let name = self.infallible(name);
        let known = FUNCTIONS.named(name, self.0).next().map(|(_, does)| does);
        known.or_else(|| is_loss(name).then_some(CallEffect::Computes(Stage::Loss)))
    }
}

/// The effect of a method whose name says that it zeroes gradients, with the model as its argument at most.
fn zeroes(name: &str, arguments: usize) -> Option<CallEffect> {
    (arguments <= 1 && only_zeroes_gradients(name)).then_some(CallEffect::Gradients(&[Effect::Zero]))
}

/// The effect of a method, looked up in a table.
fn lookup(table: &[(&str, usize, CallEffect)], name: &str, arguments: usize) -> Option<CallEffect> {
    let mut known = table.iter();
    known
        .find(|(known, most, does)| *known == name && takes((*most, *does), arguments))
        .map(|(_, _, does)| *does)
}

/// Whether a method in a table takes this number of arguments.
fn takes((most, does): Method, arguments: usize) -> bool {
    arguments <= most && !matches!(does, CallEffect::Updates { of, .. } if of != arguments)
}

/// Whether a method with this effect may have this number of arguments.
fn fits(effect: CallEffect, arguments: usize) -> bool {
    !matches!(effect, CallEffect::Collective { least, .. } if arguments < least)
}

#[cfg(test)]
mod tests {
    use super::super::CRATES;
    use super::*;
    use crate::stage::Effect;

    const ALL: Vocabularies = Vocabularies::ALL;

    #[test]
    fn fused_or_unknown_calls_are_not_guessed() {
        assert_eq!(ALL.optimizer_method("step", 0), Some(CallEffect::Gradients(&[Effect::Take])));
        assert_eq!(ALL.optimizer_method("step", 2), None);
        assert_eq!(ALL.method("step", 0), None);
        assert_eq!(ALL.function("weighted_loss"), Some(CallEffect::Computes(Stage::Loss)));
        assert_eq!(ALL.function("train_on_loss"), None);
    }

    /// If a library's crates are not in the list of known crates, a function imported from the
    /// library counts as the user's own function.
    #[test]
    fn crates_of_libraries_are_known() {
        for library in LIBRARIES {
            for name in library.crates {
                assert!(CRATES.contains(name), "{}: `{name}` is not in `CRATES`", library.name);
            }
        }
    }

    #[test]
    fn a_library_is_selected_by_its_crate() {
        let of = |crates: &[&str]| Vocabularies::of_crates(crates.iter());
        let fused = |selected: Vocabularies| selected.optimizer_method("backward_step", 1).is_some();
        assert!(fused(of(&["std", "tch"])) && fused(of(&["training_loop", "tch"])));
        assert!(!fused(of(&["training_loop", "std"])));
        for unknown in [&[][..], &["std"], &["my_library", "crate"]] {
            assert_eq!(of(unknown), Vocabularies::ALL);
        }
        for selected in [of(&["tch"]), of(&["training_loop"])] {
            assert!(selected.optimizer_method("zero_grad", 0).is_some());
            assert_eq!(selected.function("all_reduce"), Some(CallEffect::Reduces));
        }
    }
}
