//! Encodes the message `Event` as a Protocol Buffer. Supports only the fields that a run writes.

use std::time::Duration;

/// The wire types of fields.
#[derive(Clone, Copy)]
enum Wire {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// The first event of a file, with the format version.
pub(super) fn version(time: Duration) -> Vec<u8> {
    let mut event = Message::event(time, 0);
    event.bytes(3, b"brain.Event:2"); // Event.file_version
    event.0
}

/// The restart event: `TensorBoard` drops the scalars of earlier files from `step` on.
pub(super) fn restart(time: Duration, step: usize) -> Vec<u8> {
    let mut session = Message::default();
    session.varint(1, 1); // SessionLog.status = START
    let mut event = Message::event(time, step);
    event.bytes(7, &session.0); // Event.session_log
    event.0
}

/// An event with scalars in single precision, under their names.
pub(super) fn scalars(time: Duration, step: usize, values: &[(String, f64)]) -> Vec<u8> {
    let mut summary = Message::default();
    for (name, value) in values {
        let mut scalar = Message::default();
        scalar.bytes(1, name.as_bytes()); // Summary.Value.tag
        scalar.float(2, *value as f32); // Summary.Value.simple_value
        summary.bytes(1, &scalar.0); // Summary.value
    }
    let mut event = Message::event(time, step);
    event.bytes(5, &summary.0); // Event.summary
    event.0
}

/// An encoded message.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    /// An event at this time since 1970, for the update `step`.
    fn event(time: Duration, step: usize) -> Self {
        let mut event = Self::default();
        event.key(1, Wire::Fixed64); // Event.wall_time
        event.0.extend(time.as_secs_f64().to_le_bytes());
        event.varint(2, step as u64); // Event.step
        event
    }

    fn key(&mut self, field: u8, wire: Wire) {
        self.0.push(field << 3 | wire as u8);
    }

    fn varint(&mut self, field: u8, value: u64) {
        self.key(field, Wire::Varint);
        self.number(value);
    }

    fn float(&mut self, field: u8, value: f32) {
        self.key(field, Wire::Fixed32);
        self.0.extend(value.to_le_bytes());
    }

    fn bytes(&mut self, field: u8, value: &[u8]) {
        self.key(field, Wire::Bytes);
        self.number(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Appends a varint: groups of seven bits, the lowest first.
    fn number(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tensorboard` 2.21 decodes these bytes to the same events. `tests/read_events.py` shows this for whole
    /// files.
    #[test]
    fn events_have_recorded_bytes() {
        let time = Duration::from_millis(1_500);
        let start = [0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10];
        let bytes = |rest: &[u8]| [&start[..], rest].concat();
        assert_eq!(version(time), bytes(b"\0\x1a\x0dbrain.Event:2"));
        assert_eq!(restart(time, 300), bytes(&[0xac, 0x02, 0x3a, 2, 0x08, 1]));
        assert_eq!(
            scalars(time, 1, &[("loss".to_owned(), 0.5), ("a".to_owned(), f64::INFINITY)]),
            bytes(b"\x01\x2a\x17\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f\x0a\x08\x0a\x01a\x15\0\0\x80\x7f")
        );
    }
}
