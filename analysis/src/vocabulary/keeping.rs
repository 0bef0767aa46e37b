//! How a library keeps gradients: added up in the parameters, or as values of their own.

/// What a `backward` does with the gradients that it computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// It adds the gradients to those in the parameters.
    #[default]
    InPlace,
    /// It returns the gradients as a new value.
    Fresh,
    /// It returns the gradients as a new value, which the code adds to an accumulator.
    Accumulated,
    /// It adds the gradients to a value that the loss carries, and returns this value.
    Threaded,
}
