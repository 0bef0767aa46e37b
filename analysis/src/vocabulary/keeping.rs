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

/// What a method of gradients that are a value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientMethod {
    /// It returns the gradients, perhaps on another device.
    Keeps,
    /// It only looks at the gradients.
    Looks,
    /// It returns the gradient of one tensor.
    Gets,
    /// It changes the gradient of one tensor.
    Changes,
    /// What it does is not known.
    Other,
}

/// What a method of gradients, or a call that gets them, does by its name.
///
/// A name with `norm` or `log` that also steps an optimizer is wrongly taken for one that looks.
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

/// Whether a function with this name takes the gradients of some parameters only out of a value.
pub fn takes_a_part(name: &str) -> bool {
    matches!(name, "from_params" | "from_module")
}
