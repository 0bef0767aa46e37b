//! Which types and variables cannot hold the parameters of a model.
//!
//! A constructor shares parameters with its argument only if the argument can hold them. A store, a
//! builder, a path of a store and another model can hold parameters.
//! After a match, the analysis reports more, because it leaves the argument out of the model's
//! sources.

use super::rust::is_number;

/// Whether a type with this name holds settings, a device or plain data without parameters.
///
/// The risk is a type `TrainingConfig` that holds the store of the parameters. Such a type is
/// unlikely, because settings are read from a file or from arguments.
pub fn type_holds_no_parameters(name: &str) -> bool {
    let settings = [
        "Config",
        "Cfg",
        "Configuration",
        "Args",
        "Arguments",
        "Options",
        "Settings",
        "Params",
        "Hparams",
        "Hyper",
    ];
    let exact =
        ["String", "str", "char", "PathBuf", "Duration", "Instant", "Device", "Cuda", "Kind", "DType"];
    is_number(name)
        || exact.contains(&name)
        || settings.iter().any(|end| name.ends_with(end) && !is_parameters(name))
        || is_plain_data(name)
}

/// Whether a name suggests the parameters themselves: `NetParams` may hold tensors, `HyperParams`
/// does not.
fn is_parameters(name: &str) -> bool {
    name.ends_with("Params") && !name.contains("Hyper")
}

/// Whether a type is an environment, a data set, a loader, a random generator or a tokenizer.
///
/// `Path` does not match, because a `Path` of tch is a place in a store.
fn is_plain_data(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["environment", "simulator", "sampler", "loader", "dataset", "rng", "tokenizer", "vocab"]
        .iter()
        .any(|word| lower.contains(word))
        || ["Env", "Gym", "Game"].iter().any(|end| name.ends_with(end))
}

/// Whether a variable or a field with this name holds settings or a device, if its type is unknown.
///
/// The risk is a store in a variable `config`; [`names_store`] excludes the fields that are stores.
pub fn names_bare_settings(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word,
            "config"
                | "cfg"
                | "conf"
                | "args"
                | "settings"
                | "hparams"
                | "hyperparams"
                | "device"
                | "devices"
                | "dev"
                | "seed"
                | "dtype"
        )
    })
}

/// Whether a variable or a field with this name holds data or an environment, if its type is
/// unknown.
///
/// The risk is a learned environment: a world model in a variable `env` that shares layers with another model.
pub fn names_bare_data(name: &str) -> bool {
    name.split('_').any(|word| {
        matches!(
            word,
            "env"
                | "envs"
                | "environment"
                | "gym"
                | "simulator"
                | "game"
                | "dataset"
                | "datasets"
                | "loader"
                | "dataloader"
                | "tokenizer"
                | "vocab"
                | "rng"
        )
    })
}

/// Whether a field with this name is a store of parameters, regardless of the value that has the
/// field.
pub fn names_store(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "vs" | "varstore" | "varmap" | "vb" | "store" | "params"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_data_hold_no_parameters() {
        for name in
            ["Config", "TrainArgs", "Device", "f64", "HyperParams", "DataLoader", "CartPoleEnv", "StdRng"]
        {
            assert!(type_holds_no_parameters(name), "{name}");
        }
        for name in ["VarStore", "Path", "VarBuilder", "Net", "NetParams", "Tensor", "Envelope", "T"] {
            assert!(!type_holds_no_parameters(name), "{name}");
        }
    }

    #[test]
    fn names_are_compared_by_words() {
        assert!(
            names_bare_settings("train_config") && names_bare_settings("device") && names_bare_data("env")
        );
        assert!(!names_bare_settings("devise") && !names_bare_data("envelope") && !names_bare_settings("vs"));
    }
}
