//! Runs the program in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A loop with an error at line 5: `missing_zero_grad`.
pub(crate) const FAULTY: &str = "fn fit(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.01);
    for batch in train {
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}
";

/// A loop with a conditional `zero_grad`: a warning at line 6.
pub(crate) const DOUBTFUL: &str = "fn fit(model: &mut Mlp, train: &DataLoader, fresh: bool) {
    let mut optimizer = Sgd::new(model.parameters(), 0.01);
    for batch in train {
        if fresh { optimizer.zero_grad(); }
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}
";

/// A correct loop.
pub(crate) const RIGHT: &str = "fn fit(model: &mut Mlp, train: &DataLoader) {
    let mut optimizer = Sgd::new(model.parameters(), 0.01);
    for batch in train {
        optimizer.zero_grad();
        let loss = mse_loss(&model.forward(&batch.input), &batch.target);
        loss.backward();
        optimizer.step();
    }
}
";

/// A temporary folder with files, in which the program runs.
pub(crate) struct Folder {
    home: TempDir,
}

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    /// Creates a folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self { home: TempDir::new().expect("a folder for a while") };
        for (path, text) in files {
            folder.write(path, text.as_bytes());
        }
        folder
    }

    /// Writes a file, and creates its parent folders.
    pub(crate) fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("in the folder")).expect("folders can be made");
        std::fs::write(path, bytes).expect("the file can be written");
    }

    /// A path in the folder.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// Runs the program with the arguments in `words`, which whitespace separates.
    pub(crate) fn run(&self, words: &str) -> Run {
        run(self.home.path(), &words.split_whitespace().collect::<Vec<_>>())
    }
}

/// The command that runs the program in a folder, without `NO_COLOR` and without input.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-training-loop"));
    command.current_dir(folder).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, words: &[&str]) -> Run {
    let output = program(folder).args(words).output().expect("the program can be run");
    Run {
        code: output.status.code().expect("it ends by itself"),
        out: String::from_utf8(output.stdout).expect("it writes UTF-8"),
        err: String::from_utf8(output.stderr).expect("it writes UTF-8"),
    }
}
