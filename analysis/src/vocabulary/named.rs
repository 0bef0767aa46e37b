//! Names of calls and types in the rules that decide by names and by the uses of variables.

/// Whether a name contains the word for gradients.
pub fn has_gradient(name: &str) -> bool {
    name.contains("grad")
}

/// The field that an accessor returns: `optimizer` for `optimizer_mut`.
pub fn accessed_field(name: &str) -> &str {
    name.strip_suffix("_mut").unwrap_or(name)
}

/// A method's name without the prefix of its fallible form: `zero_grad` for `try_zero_grad`.
pub fn without_try(name: &str) -> &str {
    name.strip_prefix("try_").unwrap_or(name)
}

/// The type that a configuration builds: `Adam` for `AdamConfig`.
pub fn configured(name: &str) -> &str {
    name.strip_suffix("Config").unwrap_or(name)
}

/// Whether a type has the name of a configuration.
pub fn is_configuration(name: &str) -> bool {
    name.ends_with("Config")
}

/// Whether a method with this name builds an object from its settings.
pub fn builds(name: &str) -> bool {
    name == "build"
}

/// Whether a method with this name only sets the mode if it has no arguments.
pub fn is_mode_or_training(name: &str) -> bool {
    name == "train"
}

/// Whether a call with this name updates the priorities of a replay buffer.
pub fn updates_priorities(name: &str) -> bool {
    name.contains("priorit")
}

/// Whether a method with this name and number of arguments sums a tensor of tch, not an iterator.
pub fn sums_tensor(name: &str, arguments: usize) -> bool {
    name == "f_sum" || name == "sum" && arguments == 1
}

/// Whether a method has the name of a step without a `backward`.
pub fn is_step(name: &str) -> bool {
    name == "step"
}

/// Whether a function with this name builds an optimizer: `init_optimizer`, `make_optim`.
pub fn builds_optimizer(name: &str) -> bool {
    let mut words = name.split('_');
    let builds = ["init", "build", "create", "make", "new", "setup", "configure"];
    words.next().is_some_and(|first| builds.contains(&first)) && words.any(|word| word.starts_with("optim"))
}

/// Whether a type only wraps its value.
pub fn only_wraps(owner: &str) -> bool {
    matches!(owner, "Box" | "Rc" | "Arc")
}

/// Whether an associated function of a collection or a text converts a value to numbers: `Vec::<f32>::try_from`.
pub fn converts_to_values(owner: &str, name: &str, is_number: bool) -> bool {
    matches!(name, "from" | "try_from") && (is_number || matches!(owner, "Vec" | "String"))
}

/// Whether a type contains what its arguments say: `Vec<f32>`, `Option<f64>`.
pub fn contains_arguments(name: &str) -> bool {
    matches!(name, "Vec" | "Option" | "Result")
}

/// Whether a method with this name passes on the number that its receiver is.
pub fn passes_number(name: &str) -> bool {
    matches!(name, "elem" | "convert" | "unwrap_or" | "unwrap_or_default" | "context")
}

/// Whether a variable with this name may hold parameters.
pub fn may_hold_parameters(name: &str) -> bool {
    let known = [
        "model",
        "net",
        "network",
        "varmap",
        "vars",
        "params",
        "parameters",
        "store",
        "policy",
        "actor",
        "critic",
        "agent",
    ];
    name == "vs" || name.split('_').any(|word| known.contains(&word))
}

/// Whether a method with this name cuts its receiver's graph.
pub fn detaches(name: &str) -> bool {
    name == "detach"
}

/// Whether a trait with this name contains the training step.
pub fn is_training_trait(name: &str) -> bool {
    name == "TrainStep"
}

/// Whether a method with this name sets a value of its receiver.
pub fn is_setter(name: &str) -> bool {
    name.starts_with("set_")
}

/// Whether a variable with this name holds the gradients of all parameters.
pub fn names_all_gradients(name: &str) -> bool {
    matches!(name, "gradients" | "grads" | "param_grads")
}

/// Whether a function with this name measures time.
pub fn measures_time(name: &str) -> bool {
    let known = ["bench", "benchmark", "profile", "perf", "speed", "time", "timing"];
    name.split('_').any(|word| known.contains(&word))
}

/// Whether a function with this name hides a value from the optimizer of the compiler.
pub fn is_black_box(name: &str) -> bool {
    name == "black_box"
}

/// Whether a call with this name turns the recording of the graph off.
pub fn is_no_grad(name: &str) -> bool {
    name == "no_grad"
}

/// Whether a type with this name is a schedule of the learning rate.
pub fn is_schedule_type(name: &str) -> bool {
    name.contains("Sched") || name.ends_with("LR")
}

/// Whether a call with this name copies its receiver.
pub fn is_clone(name: &str) -> bool {
    name == "clone"
}

/// Whether a method with this name advances a schedule.
pub fn advances(name: &str) -> bool {
    matches!(name, "step" | "advance" | "tick")
}

/// Whether a method with this name reduces a tensor, so that the result can be a loss.
pub fn reduces_to_loss(name: &str) -> bool {
    matches!(name, "mean" | "sum" | "mean_all" | "sum_all" | "mse" | "mean_autograd")
}

/// Whether a method of a loss with this name computes its value.
pub fn applies_loss(name: &str) -> bool {
    matches!(name, "measure" | "apply")
}

/// Whether a method with this name evaluates the graph of its receiver.
pub fn evaluates_graph(name: &str) -> bool {
    matches!(name, "eval" | "evaluate")
}

/// Whether a function with this name computes a loss from an output and a target.
pub fn is_criterion(name: &str) -> bool {
    let known = ["mse", "mae", "bce", "nll", "l1", "l2", "huber", "hinge"];
    super::is_loss(name) && name != "loss"
        || name.split('_').any(|word| known.contains(&word))
        || matches!(name, "mean_squared_error" | "mean")
}

/// Whether a macro with this name only formats, prints, checks or builds a list.
pub fn is_plain_macro(name: &str) -> bool {
    let known =
        ["print", "write", "assert", "format", "vec", "panic", "info", "debug", "warn", "trace", "dbg"];
    known.iter().any(|part| name.contains(part))
}

/// Whether a method with this name subtracts.
pub fn subtracts(name: &str) -> bool {
    matches!(name, "sub" | "decrement")
}

/// Whether the text of an expression is a zero or no value.
pub fn is_zero_text(text: &str) -> bool {
    matches!(text, "0.0" | "0." | "0" | "None" | "0f32" | "0f64")
}

/// Whether an expression with this name is a zero or a fresh value.
pub fn names_zero(name: &str) -> bool {
    name.contains("zero") || matches!(name, "None" | "Default" | "new")
}

/// Whether a method with this name returns the parameters of a model of `training_loop`.
pub fn is_parameters(name: &str) -> bool {
    name == "parameters"
}

/// Whether a name suggests an object that records a graph and its gradients: `tape`, `engine`.
pub fn names_tape(name: &str) -> bool {
    let tapes =
        ["tape", "graph", "engine", "autograd", "ctx", "context", "session", "arena", "pool", "grads"];
    name.split('_').any(|word| tapes.contains(&word))
}
