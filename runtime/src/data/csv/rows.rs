//! Reads the rows of a table one at a time. The length of a row is limited.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::text::{Stop, Text};
use crate::CsvProblem as Problem;

/// Limits on the length of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowLimits {
    pub(super) bytes: usize,
    pub(super) columns: usize,
}

/// Reads a table row by row. All rows use the same buffers.
pub(super) struct Rows<'a> {
    text: Text<'a>,
    format: Reader,
    limits: RowLimits,
    /// The concatenated fields of the current row. `ends` contains the end of each field in this
    /// buffer.
    fields: Vec<u8>,
    ends: Vec<usize>,
    /// The number of fields in the current row.
    count: usize,
    /// The number of fields in the first row; `None` before the first row is read.
    expected: Option<usize>,
    line: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(text: Text<'a>, delimiter: u8, limits: RowLimits) -> Self {
        let format = ReaderBuilder::new().delimiter(delimiter).build();
        // One more than the limit, to detect a longer row.
        let length = |usual: usize, limit: usize| usual.min(limit.saturating_add(1));
        let (fields, ends) = (vec![0; length(1024, limits.bytes)], vec![0; length(64, limits.columns)]);
        Self { text, format, limits, fields, ends, count: 0, expected: None, line: 1 }
    }

    /// The line on which the current row begins, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Reads the next row. Returns false at the end of the text.
    ///
    /// # Errors
    /// If the row is too long, is not UTF-8, or does not have as many fields as the first row.
    pub(super) fn next(&mut self) -> Result<bool, Stop> {
        self.text.skip_breaks()?;
        self.line = self.text.line();
        if !self.read()? {
            return Ok(false);
        }
        let expected = *self.expected.get_or_insert(self.count);
        if self.count != expected {
            let (expected, found) = (expected as u64, self.count as u64);
            return Err(Stop::Problem(Problem::Ragged { expected, found }));
        }
        let is_text = (0..self.count).all(|column| std::str::from_utf8(self.bytes(column)).is_ok());
        if is_text { Ok(true) } else { Err(Stop::Problem(Problem::Encoding)) }
    }

    fn read(&mut self) -> Result<bool, Stop> {
        let (mut length, mut count) = (0, 0);
        loop {
            let input = self.text.peek()?;
            let (result, read, written, ended) =
                self.format.read_record(input, &mut self.fields[length..], &mut self.ends[count..]);
            self.text.consume(read);
            length += written;
            count += ended;
            let RowLimits { bytes, columns } = self.limits;
            if length > bytes {
                return Err(Stop::Problem(Problem::LongRow { limit: bytes }));
            }
            if count > columns {
                return Err(Stop::Problem(Problem::ManyColumns { limit: columns }));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => grow(&mut self.fields, self.limits.bytes)?,
                ReadRecordResult::OutputEndsFull => grow(&mut self.ends, self.limits.columns)?,
                ReadRecordResult::Record => {
                    self.count = count;
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
            }
        }
    }

    fn bytes(&self, column: usize) -> &[u8] {
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        &self.fields[start..self.ends[column]]
    }

    /// The number of fields in the current row.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The fields of the current row, without leading and trailing white space.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.count)
            .map(|column| std::str::from_utf8(self.bytes(column)).expect("`next` checked it").trim())
    }
}

/// Doubles the length of a full buffer, up to a maximum of `limit + 1`. A row that fills all
/// `limit + 1` elements is too long, and the caller reports an error.
fn grow<T: Clone + Default>(buffer: &mut Vec<T>, limit: usize) -> Result<(), Stop> {
    let more = buffer.len().min(limit.saturating_add(1) - buffer.len());
    buffer.try_reserve_exact(more).map_err(|_| Stop::Problem(Problem::Memory))?;
    buffer.resize(buffer.len() + more, T::default());
    Ok(())
}
