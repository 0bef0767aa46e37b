//! The length and the checksum of a file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use crc32fast::Hasher;

/// The number of bytes that are read at a time.
const CHUNK: usize = 64 << 10;

/// The length and the CRC-32 of a file, which differ if a file was cut short or a byte was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) bytes: u64,
    pub(crate) crc32: u32,
}

impl Sum {
    /// The length and the checksum of a file that exists. The file is read in parts.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut summed = Summed::new(io::sink());
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk) {
                Ok(0) => return Ok(summed.finish().1),
                Ok(count) => summed.write_all(&chunk[..count])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A writer that also computes the length and the checksum of what is written.
pub(super) struct Summed<W> {
    inner: W,
    hasher: Hasher,
    bytes: u64,
}

impl<W> Summed<W> {
    pub(super) fn new(inner: W) -> Self {
        Self { inner, hasher: Hasher::new(), bytes: 0 }
    }

    /// The inner writer, and the length and the checksum of what was written.
    pub(super) fn finish(self) -> (W, Sum) {
        (self.inner, Sum { bytes: self.bytes, crc32: self.hasher.finalize() })
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let written = crate::file::write_new(&path, |file| file.write_all(b"123456789")).unwrap();
        // The check value of CRC-32.
        assert_eq!(written, Sum { bytes: 9, crc32: 0xcbf4_3926 });
        assert_eq!(Sum::of(&path).unwrap(), written);
        std::fs::write(&path, b"123456788").unwrap();
        assert_ne!(Sum::of(&path).unwrap(), written);
        assert!(Sum::of(&folder.path().join("none")).is_err());
    }
}
