//! Command line options.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};

/// The options of one run.
pub(crate) struct Options {
    /// The number of passes over the training data, at least 1.
    pub(crate) epochs: usize,
    /// The seed of all random draws.
    pub(crate) seed: u64,
    /// The folder for the history and the best model.
    pub(crate) out: PathBuf,
}

/// Parses the command line. `--help` ends the program with status 0, and an unknown option with status 2.
pub(crate) fn parse() -> Options {
    let matches = Command::new("digits")
        .about("Trains a small network on real handwritten digits and shows what it reads")
        .arg(
            Arg::new("epochs")
                .long("epochs")
                .value_name("N")
                .default_value("60")
                .value_parser(value_parser!(u32).range(1..))
                .help("Passes over the training data"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .default_value("0")
                .value_parser(value_parser!(u64))
                .help("Start of all random draws: the same seed gives the same model"),
        )
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FOLDER")
                .default_value("digits-run")
                .value_parser(value_parser!(PathBuf))
                .help("Where history.csv and best.safetensors are written"),
        )
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("Only 3 epochs, to see that it works"),
        )
        .after_help(training_loop::environment::HELP)
        .get_matches();
    let epochs = *matches.get_one::<u32>("epochs").expect("has a default") as usize;
    Options {
        epochs: if matches.get_flag("quick") { 3 } else { epochs },
        seed: *matches.get_one("seed").expect("has a default"),
        out: matches.get_one::<PathBuf>("out").expect("has a default").clone(),
    }
}
