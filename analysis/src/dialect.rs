//! What the calls of a training library do, described by their effects and not by their names.
//!
//! A dialect is a table: the lowering asks it what a call does and never looks at a name itself, so a
//! library with fused steps or gradients as values is one more table.
//! It knows nothing of control flow or states.

use crate::stage::{Effect, Stage};

mod hints;
mod iterators;
mod math;
mod roles;
mod shared;
mod tch;
mod torch;

pub use hints::{
    handles_gradients, hints_at_backward, hints_at_mode, hints_at_training, is_average, is_loss, is_variable,
    measures_gradients, names_optimizers, saves, writes_gradients,
};
pub use iterators::{Drive, Lazy, drive, lazy};
pub use math::{CRATES, How, Loss, Op, Takes};
pub use roles::{Role, Uses, is_rate, role_of_name, role_of_type, speaks_of_evaluation, speaks_of_training};
pub use shared::{SHARED, is_distributed_sampler, is_layer};
pub use tch::TCH;
pub use torch::TORCH;

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Acts on the gradients of the optimizer that it is called on, or whose parameters it is given.
    ///
    /// A fused call is a sequence, in which [`Effect::Fill`] is the backward of its first argument.
    Gradients(&'static [Effect]),
    /// Adds the gradient of the tensor that it is called on.
    Backward {
        /// Whether the graph may be used again.
        retain: bool,
    },
    /// Computes a tensor with a graph; the stage is for drawings.
    Computes(Stage),
    /// Runs the model that it is given first on the tensor that it is called on.
    Applies,
    /// Describes an optimizer that is still to be built.
    Settings,
    /// Builds the optimizer that it is called on for the parameters that it is given first.
    Builds,
    /// Gives an optimizer the parameters of its first argument as well.
    Adopts,
    /// Moves a model that is given by value along gradients that are values too, and gives it back.
    Updates {
        /// Which argument the model is.
        model: usize,
        /// How many arguments there are.
        of: usize,
    },
    /// Gives a loss times a factor that [`Effect::Unscale`] takes out of the gradients again.
    Scales,
    /// Tells a sampler which epoch it is.
    SetsEpoch,
    /// Puts a value together from all processes; gives it, or changes what it is given by `&mut`.
    Reduces,
    /// Derives a tensor from a tensor, graph included.
    KeepsGraph,
    /// Gives a value that has nothing to do with the gradients.
    Detaches,
    /// Gives the parameters of a model or an optimizer.
    Parameters,
    /// Gives the same thing again, wrapped or unwrapped.
    Passes,
    /// Gives the thing and leaves nothing in its place.
    Takes,
    /// Gives the same thing again, or one of its own that is equal at first.
    Copies,
    /// Switches the mode of the layers.
    Mode(Stage),
    /// Switches the mode of the layers as its first argument says.
    ModeBy,
    /// Runs a closure without recording.
    NoGrad,
    /// Runs a closure with recording, whatever is around it.
    WithGrad,
    /// Switches recording on or off for what follows, as its argument says.
    SwitchesRecording,
    /// Looks at its receiver, or sets something that is no gradient.
    Harmless,
}

/// One library's vocabulary.
#[derive(Debug)]
pub struct Dialect {
    /// The name by which it can be told.
    pub name: &'static str,
    /// Methods of optimizers: name, greatest number of arguments, meaning.
    pub optimizer_methods: &'static [(&'static str, usize, Does)],
    /// Methods of gradient scalers.
    pub scaler_methods: &'static [(&'static str, usize, Does)],
    /// Methods of anything else.
    pub methods: &'static [(&'static str, usize, Does)],
    /// Free functions, by the last segment of their path.
    pub functions: &'static [(&'static str, Does)],
    /// Types that are optimizers.
    pub optimizers: &'static [&'static str],
    /// Types that wrap a tensor: their constructors keep what they are given.
    pub tensors: &'static [&'static str],
    /// What ops that keep the graph make of the numbers.
    pub ops: &'static [(&'static str, Op)],
    /// Methods that a gradient does not pass.
    pub cuts: &'static [(&'static str, How)],
    /// Losses, and what they take.
    pub losses: &'static [Loss],
    /// `backward` of more than one number sums them up in silence; else the program stops.
    pub sums_unreduced: bool,
    /// Vocabularies that go with this one; its own words come first.
    pub also: &'static [&'static Dialect],
}

impl Dialect {
    /// Its own vocabulary, then those that go with it.
    fn tables(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.also.iter().copied())
    }

    /// Whether a type is an optimizer.
    fn is_optimizer(&self, name: &str) -> bool {
        self.tables().any(|dialect| dialect.optimizers.contains(&name))
    }

    /// What a method of an optimizer does.
    pub fn optimizer_method(&self, name: &str, arguments: usize) -> Option<Does> {
        self.tables()
            .find_map(|dialect| lookup(dialect.optimizer_methods, name, arguments))
            .filter(|does| !matches!(does, Does::Updates { of, .. } if *of != arguments))
            .or_else(|| wrapper(name, arguments))
    }

    /// What a method of a scaler does.
    pub fn scaler_method(&self, name: &str, arguments: usize) -> Option<Does> {
        self.tables().find_map(|dialect| lookup(dialect.scaler_methods, name, arguments))
    }

    /// What a method of anything but an optimizer does.
    pub fn method(&self, name: &str, arguments: usize) -> Option<Does> {
        self.tables()
            .find_map(|dialect| lookup(dialect.methods, name, arguments))
            .or_else(|| wrapper(name, arguments))
    }

    /// What a method does that is none but on a tensor.
    pub fn on_tensor(&self, name: &str) -> Option<Does> {
        let op = self.ops.iter().any(|(known, _)| *known == name).then_some(Does::KeepsGraph);
        op.or_else(|| self.cut(name).map(|_| Does::Detaches))
    }

    /// Whether a method puts its arguments into its receiver.
    pub fn collects(&self, name: &str) -> bool {
        matches!(name, "push" | "push_back" | "push_front" | "insert" | "extend" | "append")
    }

    /// Whether a method of a schedule leaves it where it stands.
    pub fn looks_at_schedule(&self, name: &str) -> bool {
        matches!(
            name,
            "start"
                | "get_lr"
                | "get_last_lr"
                | "last_lr"
                | "lr"
                | "state_dict"
                | "is_per_epoch"
                | "position"
        )
    }

    /// What an op makes of the numbers.
    pub fn op(&self, name: &str) -> Op {
        self.ops.iter().find(|(known, _)| *known == name).map_or(Op::Other, |(_, op)| *op)
    }

    /// What a method does to the gradient of its receiver, if that ends there.
    pub fn cut(&self, name: &str) -> Option<How> {
        self.cuts.iter().find(|(known, _)| *known == name).map(|(_, how)| *how)
    }

    /// The loss of this name.
    pub fn loss(&self, name: &str) -> Option<&'static Loss> {
        self.losses.iter().find(|loss| loss.name == name)
    }

    /// The loss that objects of this type compute.
    pub fn criterion(&self, owner: &str) -> Option<&'static Loss> {
        self.losses.iter().find(|loss| loss.of == Some(owner))
    }

    /// What a free function does; a name that speaks of a loss computes one.
    pub fn function(&self, name: &str) -> Option<Does> {
        let mut rows = self.tables().flat_map(|dialect| dialect.functions);
        let known = rows.find(|(known, _)| *known == name).map(|(_, does)| *does);
        known.or_else(|| is_loss(name).then_some(Does::Computes(Stage::Loss)))
    }
}

/// Methods of Rust's own wrappers (`Option`, `Mutex`, `Box`, ...), which give what they hold in every library.
const WRAPPERS: &[(&str, usize, Does)] = &[
    ("as_mut", 0, Does::Passes),
    ("as_ref", 0, Does::Passes),
    ("as_deref", 0, Does::Passes),
    ("as_deref_mut", 0, Does::Passes),
    ("borrow", 0, Does::Passes),
    ("borrow_mut", 0, Does::Passes),
    ("lock", 0, Does::Passes),
    ("write", 0, Does::Passes),
    ("get_mut", 0, Does::Passes),
    ("unwrap", 0, Does::Passes),
    ("expect", 1, Does::Passes),
    ("by_ref", 0, Does::Passes),
    ("take", 0, Does::Takes),
];

/// What the table says of a method.
fn lookup(table: &[(&str, usize, Does)], name: &str, arguments: usize) -> Option<Does> {
    let mut known = table.iter();
    known.find(|(known, most, _)| *known == name && arguments <= *most).map(|(_, _, does)| *does)
}

/// What a method is if it is one of a wrapper.
fn wrapper(name: &str, arguments: usize) -> Option<Does> {
    lookup(WRAPPERS, name, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fused_or_unknown_calls_are_not_guessed() {
        assert_eq!(TORCH.optimizer_method("step", 0), Some(Does::Gradients(&[Effect::Take])));
        assert_eq!(TORCH.optimizer_method("step", 2), None);
        assert_eq!(TORCH.method("step", 0), None);
        assert_eq!(TORCH.function("weighted_loss"), Some(Does::Computes(Stage::Loss)));
        assert_eq!(TORCH.function("train_on_loss"), None);
    }
}
