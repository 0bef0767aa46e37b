//! Reading a whole file within a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::file::irregular;
use crate::{DataFileProblem as Problem, Error, Result, memory};

/// The number of bytes by which a buffer of unknown length grows at first.
const CHUNK: usize = 64 << 10;

/// The first bytes of a gzip file.
pub(super) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bytes of a regular file of at most `limit` bytes.
pub(super) fn read_whole(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let unread = |error| Error::io(path, "read", error);
    // Opening a named pipe would block, and a device may have no end.
    if let Some(kind) =
        irregular(&std::fs::metadata(path).map_err(unread)?).filter(|kind| *kind != "a folder")
    {
        let text = format!("it is {kind}, and only a regular file is read");
        return Err(unread(io::Error::new(io::ErrorKind::InvalidInput, text)));
    }
    let file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    let bytes = collect(file, length, limit).map_err(unread)?;
    bytes.map_err(|problem| Error::DataFile { path: path.to_path_buf(), problem })
}

/// Reads everything, up to `limit` bytes. The buffer begins with `expected` bytes and grows with what is
/// read, so a wrong expectation costs no memory.
pub(super) fn collect(
    mut from: impl Read,
    expected: u64,
    limit: u64,
) -> io::Result<Result<Vec<u8>, Problem>> {
    if expected > limit {
        return Ok(Err(Problem::Long { limit }));
    }
    let Ok(mut bytes) = memory::list::<u8>(usize::try_from(expected).unwrap_or(usize::MAX)) else {
        return Ok(Err(Problem::Memory));
    };
    let mut chunk = [0; 8 << 10];
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => return Ok(Ok(bytes)),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if (bytes.len() + read) as u64 > limit {
            return Ok(Err(Problem::Long { limit }));
        }
        if bytes.capacity() - bytes.len() < read && bytes.try_reserve(read.max(CHUNK)).is_err() {
            return Ok(Err(Problem::Memory));
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// Unpacks bytes that begin like a gzip file, up to `limit` bytes. Other bytes stay.
#[cfg(feature = "gzip")]
pub(super) fn unpacked(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, Problem> {
    if !bytes.starts_with(&GZIP) {
        return Ok(bytes);
    }
    let unpacked = collect(flate2::read::MultiGzDecoder::new(&*bytes), 0, limit);
    unpacked.map_err(|error| Problem::Unpack { reason: error.to_string() })?
}

/// Without the feature, bytes that begin like a gzip file are an error.
#[cfg(not(feature = "gzip"))]
pub(super) fn unpacked(bytes: Vec<u8>, _: u64) -> Result<Vec<u8>, Problem> {
    if bytes.starts_with(&GZIP) { Err(Problem::Compressed) } else { Ok(bytes) }
}
