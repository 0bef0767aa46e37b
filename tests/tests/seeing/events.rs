//! Event files: their framing, their scalars, and the scalars that `TensorBoard`'s reader finds in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use training_loop::prelude::*;

use crate::common::{Act, Recorder, model, train, valid};

#[training_loop(
    loss = mse_loss,
    optimizer = Sgd::new(model.parameters(), 0.1),
    epochs = 4,
    clip_grad_norm = 1e6,
    checkpoint(every = 5 steps),
)]
fn fit(
    model: &mut Linear,
    train: &DataLoader<Tensor>,
    valid: &DataLoader<Tensor>,
    run: &RunOptions,
) -> Result<History>;

/// The event files in a folder, oldest first.
fn event_files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.to_string_lossy().contains("/events.out.tfevents.")).collect();
    files.sort();
    files
}

/// The masked CRC-32C of bytes, as in `TFRecords`, computed bit by bit.
fn masked_sum(bytes: &[u8]) -> u32 {
    let mut sum = !0_u32;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
        }
    }
    (!sum).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The payloads of a file of `TFRecords`, after a check of all checksums.
fn payloads(mut bytes: &[u8]) -> Vec<&[u8]> {
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    let mut payloads = Vec::new();
    while !bytes.is_empty() {
        let length = usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        assert_eq!(word(&bytes[8..]), masked_sum(&bytes[..8]));
        let payload = &bytes[12..12 + length];
        assert_eq!(word(&bytes[12 + length..]), masked_sum(payload));
        payloads.push(payload);
        bytes = &bytes[16 + length..];
    }
    payloads
}

/// A field of a message: its number, and its bytes. For a varint, the bytes of its value.
type Field = (u64, Vec<u8>);

/// The fields of an encoded message.
fn fields(mut bytes: &[u8]) -> Vec<Field> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let value = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            wire => {
                let length = match wire {
                    1 => 8,
                    5 => 4,
                    2 => usize::try_from(varint(&mut bytes)).unwrap(),
                    wire => panic!("wire type {wire}"),
                };
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                value.to_vec()
            }
        };
        fields.push((key >> 3, value));
    }
    fields
}

/// The value of a field.
fn get(fields: &[Field], number: u64) -> Option<&[u8]> {
    fields.iter().find(|(own, _)| *own == number).map(|(_, value)| &**value)
}

/// A scalar: its name, its number of updates and its value.
type Scalars = Vec<(String, u64, f32)>;

/// The scalars of a file, and the step of its restart.
fn scalars(path: &Path) -> (Scalars, Option<u64>) {
    let bytes = std::fs::read(path).unwrap();
    let payloads = payloads(&bytes);
    assert_eq!(get(&fields(payloads[0]), 3), Some(&b"brain.Event:2"[..]));
    let (mut scalars, mut restart) = (Vec::new(), None);
    for payload in &payloads[1..] {
        let event = fields(payload);
        let step = u64::from_le_bytes(get(&event, 2).unwrap().try_into().unwrap());
        let time = f64::from_le_bytes(get(&event, 1).unwrap().try_into().unwrap());
        assert!(time > 1.7e9, "{time}");
        if let Some(session) = get(&event, 7) {
            assert_eq!(session, [8, 1]);
            restart = Some(step);
        }
        for (_, value) in fields(get(&event, 5).unwrap_or_default()) {
            let value = fields(&value);
            let name = String::from_utf8(get(&value, 1).unwrap().to_vec()).unwrap();
            scalars.push((name, step, f32::from_le_bytes(get(&value, 2).unwrap().try_into().unwrap())));
        }
    }
    (scalars, restart)
}

/// The values of one scalar.
fn of(scalars: &Scalars, name: &str) -> Vec<(u64, f32)> {
    scalars.iter().filter(|(own, _, _)| own == name).map(|(_, step, value)| (*step, *value)).collect()
}

/// The values of a measurement, with the number of updates. An epoch has six updates.
fn measured(history: &History, name: &str) -> Vec<(u64, f32)> {
    let rows = history.rows().iter();
    rows.map(|row| (6 * (row.epoch as u64 + 1), row.get(name).unwrap() as f32)).collect()
}

#[test]
fn an_event_file_has_the_scalars_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions::new().dir(folder.path()).tensorboard().log_every(5);
    let history = fit(&mut model(), &train(), &valid(), &options).unwrap();
    let files = event_files(folder.path());
    assert_eq!(files.len(), 1);
    let (scalars, restart) = scalars(&files[0]);
    assert_eq!(restart, None);
    for name in ["loss", "valid_loss"] {
        assert_eq!(of(&scalars, &format!("epoch/{name}")), measured(&history, name));
    }
    assert_eq!(of(&scalars, "epoch/number"), [(6, 1.0), (12, 2.0), (18, 3.0), (24, 4.0)]);
    assert_eq!(of(&scalars, "epoch/learning_rate").len(), 4);
    for name in ["loss", "learning_rate", "grad_norm"] {
        let steps: Vec<u64> = of(&scalars, &format!("step/{name}")).iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [5, 10, 15, 20], "{name}");
    }
}

/// A run that fails after its 13th update and is resumed from its 10th.
fn resumed(dir: &Path) -> History {
    let options = RunOptions::new().dir(dir).tensorboard().log_every(1).resume_auto();
    let failing = options.clone().callback(Recorder::acting("step 13", Act::Fail));
    fit(&mut model(), &train(), &valid(), &failing).unwrap_err();
    fit(&mut model(), &train(), &valid(), &options).unwrap()
}

#[test]
fn a_resumed_run_announces_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    resumed(folder.path());
    let files = event_files(folder.path());
    assert_eq!(files.len(), 2);
    let ((before, none), (after, restart)) = (scalars(&files[0]), scalars(&files[1]));
    assert_eq!((none, restart), (None, Some(11)));
    assert_eq!(of(&before, "step/loss").last().unwrap().0, 13);
    assert_eq!(of(&after, "step/loss").first().unwrap().0, 11);
    let same = |scalars: &Scalars| of(scalars, "step/loss").iter().find(|(step, _)| *step == 12).copied();
    assert_eq!(same(&before), same(&after));
}

/// `TRAINING_LOOP_TEST_PYTHON=/venv/bin/python cargo test -p training-loop-tests --test seeing -- --ignored tensorboard_reads`
#[test]
#[ignore = "needs Python with the package tensorboard"]
fn tensorboard_reads_the_same_scalars() {
    let folder = tempfile::tempdir().unwrap();
    let history = resumed(folder.path());
    let python = std::env::var("TRAINING_LOOP_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/read_events.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    println!("{read}");
    let values = |tag: &str| -> Vec<(u64, f32)> {
        let points = read[tag].as_array().unwrap_or_else(|| panic!("{tag} is missing")).iter();
        points.map(|point| (point[0].as_u64().unwrap(), point[1].as_f64().unwrap() as f32)).collect()
    };
    for name in ["loss", "valid_loss"] {
        assert_eq!(values(&format!("epoch/{name}")), measured(&history, name));
    }
    // Each update appears once, although the updates 11 to 13 ran twice.
    let steps: Vec<u64> = values("step/loss").iter().map(|(step, _)| *step).collect();
    assert_eq!(steps, (1..=24).collect::<Vec<_>>());
}
