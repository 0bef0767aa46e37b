//! The text of a table as a stream. The stream decompresses the text, replaces runs of blanks by
//! one delimiter, and counts lines.

use std::io::{self, Read};

use crate::CsvProblem as Problem;

/// The delimiter that replaces a run of blanks. This character does not occur in tables of numbers.
pub(super) const BLANK: u8 = 0x1f;

/// The number of bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// The first bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The reason why reading a table stopped: an I/O error, or a problem in the text.
pub(super) enum Stop {
    Io { doing: &'static str, source: io::Error },
    Problem(Problem),
}

/// A text of limited length. Only one chunk of the text is in memory at a time.
pub(super) struct Text<'a> {
    from: Box<dyn Read + 'a>,
    is_packed: bool,
    /// What the replacement of blanks has seen of the current line; `None` if blanks are not
    /// replaced.
    blanks: Option<Blanks>,
    piece: Box<[u8]>,
    /// The range of the bytes in `piece` that are not consumed yet.
    left: std::ops::Range<usize>,
    /// The number of bytes that may still be read.
    allowed: u64,
    limit: u64,
    /// The number of line breaks that were consumed.
    breaks: u64,
}

#[derive(Clone, Copy, Default)]
struct Blanks {
    /// Whether a field of the current line has begun.
    has_field: bool,
    is_after_blank: bool,
}

impl<'a> Text<'a> {
    /// Creates a reader of the text that `from` yields. A text that starts like a gzip file is
    /// decompressed.
    pub(super) fn new(mut from: impl Read + 'a, has_blanks: bool, limit: u64) -> Result<Self, Stop> {
        let mut start = [0; 2];
        let length = fill(&mut from, &mut start).map_err(|source| Stop::Io { doing: "read", source })?;
        let from = io::Cursor::new(start).take(length as u64).chain(from);
        let (from, is_packed) = unpacked(from, start).map_err(Stop::Problem)?;
        Ok(Self {
            from,
            is_packed,
            blanks: has_blanks.then(Blanks::default),
            piece: vec![0; CHUNK].into(),
            left: 0..0,
            allowed: limit,
            limit,
            breaks: 0,
        })
    }

    /// The line of the next byte, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.breaks + 1
    }

    /// The next bytes of the text, or an empty slice at the end of the text.
    pub(super) fn peek(&mut self) -> Result<&[u8], Stop> {
        while self.left.is_empty() {
            // The first byte is reserved for a blank at the end of the previous chunk.
            let read = fill(&mut self.from, &mut self.piece[1..]).map_err(|source| Stop::Io {
                doing: if self.is_packed { "unpack" } else { "read" },
                source,
            })?;
            if read == 0 {
                break;
            }
            let Some(allowed) = self.allowed.checked_sub(read as u64) else {
                return Err(Stop::Problem(Problem::LongTable { limit: self.limit }));
            };
            self.allowed = allowed;
            self.left = match &mut self.blanks {
                Some(blanks) => 0..blanks.replace(&mut self.piece[..=read]),
                None => 1..read + 1,
            };
        }
        Ok(&self.piece[self.left.clone()])
    }

    pub(super) fn consume(&mut self, length: usize) {
        let consumed = &self.piece[self.left.start..][..length];
        self.breaks += consumed.split(|&byte| byte == b'\n').count() as u64 - 1;
        self.left.start += length;
    }

    /// Skips line breaks. Afterwards [`line`](Self::line) is the line of the next row.
    pub(super) fn skip_breaks(&mut self) -> Result<(), Stop> {
        loop {
            let next = self.peek()?;
            let breaks = next.iter().take_while(|byte| b"\r\n".contains(byte)).count();
            if breaks == 0 {
                return Ok(());
            }
            self.consume(breaks);
        }
    }
}

impl Blanks {
    /// Moves the text in `piece[1..]` to the start of `piece`, and replaces each run of blanks
    /// between fields by one [`BLANK`]. Returns the length of the result.
    fn replace(&mut self, piece: &mut [u8]) -> usize {
        let mut length = 0;
        let mut put = |piece: &mut [u8], byte| {
            piece[length] = byte;
            length += 1;
        };
        for index in 1..piece.len() {
            let byte = piece[index];
            if byte == b'\n' {
                put(piece, byte);
                *self = Self::default();
            } else if byte.is_ascii_whitespace() {
                self.is_after_blank = true;
            } else {
                if self.has_field && self.is_after_blank {
                    put(piece, BLANK);
                }
                put(piece, byte);
                *self = Self { has_field: true, is_after_blank: false };
            }
        }
        length
    }
}

/// Reads until the buffer is full or the input ends. Returns the number of bytes read.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match from.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(feature = "gzip")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn unpacked<'a>(from: impl Read + 'a, start: [u8; 2]) -> Result<(Box<dyn Read + 'a>, bool), Problem> {
    if start == GZIP {
        return Ok((Box::new(flate2::read::MultiGzDecoder::new(from)), true));
    }
    Ok((Box::new(from), false))
}

#[cfg(not(feature = "gzip"))]
fn unpacked<'a>(from: impl Read + 'a, start: [u8; 2]) -> Result<(Box<dyn Read + 'a>, bool), Problem> {
    if start == GZIP { Err(Problem::Compressed) } else { Ok((Box::new(from), false)) }
}
