//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::output::{FORMATS, Format};

/// The options of one run of `check`.
#[derive(Debug)]
pub(crate) struct Options {
    /// The files and folders to check; if there are none, the current folder is checked.
    pub(crate) paths: Vec<PathBuf>,
    /// The output format.
    pub(crate) format: &'static Format,
    /// Whether to print proofs.
    pub(crate) prove: bool,
    /// Whether to use colours; `None` if the command line does not say.
    pub(crate) colour: Option<bool>,
}

/// Parses the command line. A request for help or for the version is returned as an error.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Options, clap::Error> {
    // Cargo passes the name of the subcommand as the first argument.
    let is_name = |index: usize, argument: &OsString| index == 1 && argument == "training-loop";
    let arguments = arguments.iter().enumerate().filter(|(index, argument)| !is_name(*index, argument));
    let matches = command().try_get_matches_from(arguments.map(|(_, argument)| argument))?;
    match matches.subcommand() {
        Some(("check", matches)) => {
            let options = check(matches);
            if options.prove && !options.format.proves {
                let text = format!("`--prove` prints text; leave `--format {}` out", options.format.name);
                return Err(command().error(clap::error::ErrorKind::ArgumentConflict, text));
            }
            Ok(options)
        }
        // Clap requires a subcommand, and `check` is the only one.
        _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "no subcommand")),
    }
}

fn check(matches: &ArgMatches) -> Options {
    let word = |name: &str| matches.get_one::<String>(name).map_or("", String::as_str);
    Options {
        paths: matches.get_many("paths").map(|paths| paths.cloned().collect()).unwrap_or_default(),
        format: FORMATS.iter().find(|format| format.name == word("format")).unwrap_or(&FORMATS[0]),
        prove: matches.get_flag("prove"),
        colour: match word("color") {
            "always" => Some(true),
            "never" => Some(false),
            _ => None,
        },
    }
}

fn command() -> Command {
    let check = Command::new("check")
        .about("Checks the training loops of Rust files, without types and without a build")
        .after_help(
            "Exit code: 0 nothing found, 1 something found (be it only a warning), \
             2 a path is missing, or a file cannot be read or does not parse.\n\n\
             A comment `// training-loop: allow(LINT): REASON` at the end of a line, or on the line above, \
             silences one place.",
        )
        .arg(
            Arg::new("paths")
                .value_name("PATHS")
                .num_args(0..)
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("Files and folders; without any, the current folder"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(FORMATS.each_ref().map(|format| format.name))
                .default_value(FORMATS[0].name)
                .help("How findings are printed; `json` is one object a line, the last one a summary"),
        )
        .arg(
            Arg::new("prove")
                .long("prove")
                .action(ArgAction::SetTrue)
                .help("Also says of each function that trains what holds of it, and by which lines"),
        )
        .arg(
            Arg::new("color")
                .long("color")
                .value_name("WHEN")
                .value_parser(["auto", "always", "never"])
                .default_value("auto")
                .help("When to colour; `auto` is on a terminal, unless NO_COLOR is set"),
        );
    Command::new("cargo-training-loop")
        .bin_name("cargo training-loop")
        .about("Finds faults in the order of training loops")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Options, clap::Error> {
        parse(&words.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn the_grammar_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn cargo_names_the_subcommand_and_a_shell_does_not() {
        for words in [
            "cargo-training-loop check --format json a b",
            "cargo-training-loop training-loop check a --format=json b",
        ] {
            let options = parsed(words).expect(words);
            assert_eq!((options.format.name, options.paths.len()), ("json", 2), "{words}");
        }
        let options = parsed("cargo-training-loop check training-loop").expect("a path of that name");
        assert_eq!(options.paths, [PathBuf::from("training-loop")]);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for words in [
            "cargo-training-loop",
            "cargo-training-loop chekc",
            "cargo-training-loop check --format xml",
            "cargo-training-loop check --colour always",
            "cargo-training-loop check --prove --format json",
        ] {
            let error = parsed(words).expect_err(words);
            assert!(error.use_stderr(), "{words}");
        }
        assert!(!parsed("cargo-training-loop check --help").expect_err("help").use_stderr());
    }
}
