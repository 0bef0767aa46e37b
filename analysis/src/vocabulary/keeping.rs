//! The way in which a library stores gradients: in the parameters, or as separate values.

/// The way in which `backward` stores the gradients that it computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// `backward` adds the gradients to those in the parameters.
    #[default]
    InPlace,
    /// `backward` returns the gradients as a new value.
    Fresh,
    /// `backward` returns the gradients as a new value, which the code adds to an accumulator.
    Accumulated,
    /// `backward` adds the gradients to a value that the loss carries, and returns this value.
    Threaded,
}

/// The effect of a method that is called on gradients, in a library whose gradients are separate
/// values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientMethod {
    /// The method returns the gradients, perhaps on another device.
    Keeps,
    /// The method only reads the gradients.
    Looks,
    /// The method returns the gradient of one tensor.
    Gets,
    /// The method changes the gradient of one tensor.
    Changes,
    /// The effect of the method is unknown.
    Other,
}

/// The effect that the name of a call suggests. The call is a method call on gradients, or has
/// gradients as an argument.
///
/// A call with a word such as `norm` or `log` in its name counts as a read, even if it uses the
/// gradients for an update.
pub fn gradient_method(name: &str) -> GradientMethod {
    match name {
        "clone" | "to_device" | "unwrap" | "expect" | "as_ref" | "as_mut" | "to_owned" => {
            GradientMethod::Keeps
        }
        "len" | "is_empty" | "get_ids" | "iter" | "keys" => GradientMethod::Looks,
        "get" | "get_id" | "get_mut" | "remove" | "grad" | "grad_remove" | "wrt" | "wrt_mut" | "get_ref" => {
            GradientMethod::Gets
        }
        "insert" | "insert_id" | "register" | "extend" | "or_insert" => GradientMethod::Changes,
        _ => {
            let words =
                ["norm", "log", "print", "stats", "finite", "nan", "check", "inspect", "debug", "magnitude"];
            let looks = name.split('_').any(|word| words.contains(&word)) && !name.contains("step");
            if looks { GradientMethod::Looks } else { GradientMethod::Other }
        }
    }
}

/// Whether a function with this name extracts the gradients of only some parameters from a value.
pub fn takes_a_part(name: &str) -> bool {
    matches!(name, "from_params" | "from_module")
}
