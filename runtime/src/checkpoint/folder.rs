//! One checkpoint: a folder with its files, written completely or not at all, and checked when it is read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::json::{Fields, Read, pairs};
use crate::file::{Sum, sync_folder, write_new};
use crate::{Error, ModelFile, OptimizerState, Result, StateDict, memory, num_threads};

/// The version of the format. A change that older versions cannot read gets a new number.
const FORMAT: u64 = 1;
/// The values of the model.
pub(crate) const MODEL: &str = "model.safetensors";
/// The tensors of the optimizer.
const OPTIMIZER: &str = "optimizer.safetensors";
/// The averages of the parameters; only with `ema`.
pub(crate) const AVERAGES: &str = "averages.safetensors";
/// The best values of the model so far; only with `restore_best`.
pub(crate) const BEST: &str = "best.safetensors";
/// Everything else, with the lengths and the checksums of the other files.
const STATE: &str = "state.json";
/// The start of `STATE`, up to its own checksum, and the text after the checksum. The checksum is
/// that of everything after this text.
const HEAD: [&str; 2] = ["{\"checksum\":\"", "\",\n"];
/// The number of bytes before the part with the checksum.
const HEAD_BYTES: usize = HEAD[0].len() + 8 + HEAD[1].len();

/// The contents of a checkpoint before it is written.
pub(crate) struct Draft<'a> {
    /// Writes the content of the model's file.
    pub(crate) model: &'a dyn Fn(&mut dyn Write) -> io::Result<()>,
    pub(crate) optimizer: &'a OptimizerState,
    /// Further tensors, each with the name of its file.
    pub(crate) more: Vec<(&'static str, StateDict)>,
    /// The state of the run, as fields of the JSON object.
    pub(crate) run: Map<String, Value>,
}

impl Draft<'_> {
    /// Writes the files to the existing empty folder `temporary`, which then becomes `folder`.
    ///
    /// # Errors
    /// [`Error::Io`]. A part of the files may be in the temporary folder, and `folder` does not exist.
    pub(crate) fn write(mut self, temporary: &Path, folder: &Path) -> Result<()> {
        let model = write_new(&temporary.join(MODEL), self.model)?;
        let optimizer = write_new(&temporary.join(OPTIMIZER), |file| self.optimizer.tensors().write(file))?;
        let entry = |name: &str, sum: Sum| json!({"name": name, "bytes": sum.bytes, "crc32": sum.crc32});
        let mut files = vec![entry(MODEL, model), entry(OPTIMIZER, optimizer)];
        for (name, tensors) in &self.more {
            files.push(entry(name, write_new(&temporary.join(name), |file| tensors.write(file))?));
        }
        self.run.insert("files".to_owned(), Value::from(files));
        self.run.insert("format".to_owned(), Value::from(FORMAT));
        self.run.insert("training_loop".to_owned(), Value::from(env!("CARGO_PKG_VERSION")));
        self.run.insert("machine".to_owned(), machine());
        let optimizer = json!({
            "kind": self.optimizer.kind(),
            "settings": pairs(self.optimizer.settings()),
            "numbers": pairs(self.optimizer.numbers()),
        });
        self.run.insert("optimizer".to_owned(), optimizer);
        let text = format!("{:#}", Value::Object(self.run));
        let body = &text[1..]; // Without the brace, which is in `HEAD`.
        let checksum = crc32fast::hash(body.as_bytes());
        write_new(&temporary.join(STATE), |file| write!(file, "{}{checksum:08x}{}{body}", HEAD[0], HEAD[1]))?;
        sync_folder(temporary).map_err(|error| Error::io(temporary, "write", error))?;
        fs::rename(temporary, folder).map_err(|error| Error::io(folder, "write", error))?;
        let parent = folder.parent().unwrap_or(Path::new("."));
        sync_folder(parent).map_err(|error| Error::io(parent, "write", error))
    }
}

/// The machine that writes a checkpoint, for the reader of the file.
fn machine() -> Value {
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    json!({
        "system": std::env::consts::OS,
        "processor": std::env::consts::ARCH,
        "threads": num_threads(),
        "host": host.trim(),
    })
}

/// A checkpoint that was read, and whose files have the right lengths and checksums.
pub(crate) struct Saved {
    pub(crate) path: PathBuf,
    state: Value,
}

impl Saved {
    /// Reads the state of the checkpoint at `path`, and checks the lengths and the checksums of all
    /// its files.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn read(path: &Path) -> Read<Self> {
        let saved = Self { path: path.to_path_buf(), state: read_state(path)? };
        let format = saved.fields().integer("format")?;
        if format != FORMAT {
            return Err(format!("{STATE} has the format {format}, and this version reads {FORMAT}"));
        }
        for name in [MODEL, OPTIMIZER, AVERAGES, BEST] {
            match saved.entry(name) {
                Some(entry) => check_file(&path.join(name), name, entry)?,
                None if name == MODEL || name == OPTIMIZER => {
                    return Err(format!("{STATE} does not list {name}"));
                }
                None => {}
            }
        }
        Ok(saved)
    }

    /// The entry of a file in the list of files.
    fn entry(&self, name: &str) -> Option<Fields<'_>> {
        let files = self.fields().list("files").ok()?;
        files.iter().map(Fields).find(|entry| entry.text("name") == Ok(name))
    }

    /// Whether the checkpoint has this file.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// The tensors of a file, NaN and infinities included; `None` if the checkpoint does not have it.
    pub(crate) fn tensors(&self, name: &str) -> Result<Option<StateDict>> {
        let read = || ModelFile::new(self.path.join(name)).allow_not_finite().read();
        self.has(name).then(read).transpose()
    }

    /// The fields of the state.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields(&self.state)
    }

    /// The state of the optimizer.
    pub(crate) fn optimizer(&self) -> Result<OptimizerState> {
        let tensors = ModelFile::new(self.path.join(OPTIMIZER)).allow_not_finite().read()?;
        let mut state = self.optimizer_settings()?;
        for (name, value) in tensors.iter() {
            state = state.tensor(name, value.clone());
        }
        Ok(state)
    }

    /// The state of the optimizer without its tensors.
    pub(crate) fn optimizer_settings(&self) -> Result<OptimizerState> {
        let read = || {
            let fields = self.fields().inside("optimizer")?;
            let mut state = OptimizerState::new(fields.text("kind")?);
            for (name, value) in fields.pairs("settings")? {
                state = state.setting(name, value);
            }
            for (name, value) in fields.pairs("numbers")? {
                state = state.number(name, value);
            }
            Ok(state)
        };
        read().map_err(|reason| self.unsound(reason))
    }

    /// The error about a state that has no sense in spite of its checksum.
    pub(crate) fn unsound(&self, reason: String) -> Error {
        super::unsound(&self.path, vec![(self.path.clone(), reason)])
    }
}

/// Reads the state of a checkpoint and checks its checksum. The memory is that of the file.
pub(super) fn read_state(folder: &Path) -> Read<Value> {
    let path = folder.join(STATE);
    let unread = |error: io::Error| format!("could not read {STATE}: {error}");
    let is_file = fs::metadata(&path).map_err(unread)?;
    if !is_file.is_file() {
        return Err(format!("{STATE} is not a regular file"));
    }
    memory::check(is_file.len()).map_err(|_| format!("there is no memory for {STATE}"))?;
    let bytes = fs::read(&path).map_err(unread)?;
    let damaged = || format!("{STATE} is damaged: its checksum differs");
    let (head, body) = bytes.split_at_checked(HEAD_BYTES).ok_or_else(damaged)?;
    let checksum = crc32fast::hash(body);
    if head != format!("{}{checksum:08x}{}", HEAD[0], HEAD[1]).as_bytes() {
        return Err(damaged());
    }
    serde_json::from_slice(&bytes).map_err(|error| format!("{STATE} is not JSON: {error}"))
}

/// Checks the length of a file, and then its checksum.
fn check_file(path: &Path, name: &str, entry: Fields) -> Read<()> {
    let (bytes, crc32) = (entry.integer("bytes")?, entry.integer("crc32")?);
    let unread = |error: io::Error| format!("could not read {name}: {error}");
    let metadata = fs::metadata(path).map_err(unread)?;
    if !metadata.is_file() {
        return Err(format!("{name} is not a regular file"));
    }
    if metadata.len() != bytes {
        return Err(format!("{name} has {} bytes, and {bytes} were written", metadata.len()));
    }
    if u64::from(Sum::of(path).map_err(unread)?.crc32) != crc32 {
        return Err(format!("{name} is damaged: its checksum differs"));
    }
    Ok(())
}
