//! The header of a safetensors file: JSON, parsed directly into entries.
//!
//! No tree of JSON values is built. A value of the wrong type is refused at its first byte, names are borrowed from the
//! header, and lists grow only up to the limits.

mod read;

use std::borrow::Cow;
use std::ops::Range;

use self::read::Reader;
use super::{Kind, Limits};
use crate::error::shorten;
use crate::{ModelFileProblem as Problem, memory};

/// An upper bound, in bytes per byte of the header, of the memory for names and for strings with
/// escapes. `parse` checks this bound once, instead of checking each of these allocations.
const PARSED: u64 = 6;

/// A checked entry of the header. The bytes of the entry are within the file and match the shape.
pub(crate) struct Entry<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) shape: Vec<usize>,
    pub(super) kind: Kind,
    pub(super) bytes: Range<usize>,
    /// Whether the values are read. The values of other entries are skipped.
    pub(crate) is_wanted: bool,
}

impl Entry<'_> {
    /// The number of elements of the entry's tensor.
    pub(super) fn count(&self) -> usize {
        self.bytes.len() / self.kind.width()
    }
}

/// Parses the header, and checks its entries against the number of bytes that follow the header.
pub(super) fn parse(header: &[u8], available: u64, limits: Limits) -> Result<Vec<Entry<'_>>, Problem> {
    let needed = header.len() as u64 * PARSED;
    memory::check(needed).map_err(|_| Problem::Memory { needed })?;
    let Reader { mut entries, mut keys, .. } = Reader::read(header, available, limits)?;
    keys.sort_unstable();
    if let Some([key, ..]) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Problem::Metadata { key: Some(shorten(key)) });
    }
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    if let Some([entry, ..]) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(Problem::Duplicate { name: shorten(&entry.name) });
    }
    // Empty tensors have equal offsets; names break the tie.
    let place = |entry: &Entry| (entry.bytes.start, entry.bytes.end);
    entries.sort_unstable_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.name.cmp(&b.name)));
    check_layout(&entries, available)?;
    Ok(entries)
}

/// Checks that entries follow each other without gap or overlap, and end at the end of the file.
fn check_layout(entries: &[Entry], available: u64) -> Result<(), Problem> {
    let layout = |entry: Option<&Entry>, expected: usize, found: usize| Problem::Layout {
        name: entry.map_or_else(String::new, |entry| shorten(&entry.name)),
        expected: expected as u64,
        found: found as u64,
    };
    let mut due = 0;
    for entry in entries {
        if entry.bytes.start != due {
            return Err(layout(Some(entry), due, entry.bytes.start));
        }
        due = entry.bytes.end;
    }
    if due as u64 == available { Ok(()) } else { Err(layout(entries.last(), due, available as usize)) }
}

/// The number of bytes of a tensor of this shape. Returns `None` if the product of the non-zero
/// axes exceeds memory. `ndarray` refuses such shapes too.
fn size(shape: &[usize], width: usize) -> Option<usize> {
    let filled = shape.iter().filter(|&&axis| axis != 0).try_fold(width, |n, &axis| n.checked_mul(axis));
    let bytes = filled.filter(|&bytes| isize::try_from(bytes).is_ok())?;
    Some(if shape.contains(&0) { 0 } else { bytes })
}
