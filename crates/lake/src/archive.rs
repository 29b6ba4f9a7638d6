//! The raw archive: every ingested file, compressed, under the hash of its bytes.
//!
//! An instrument PC may be wiped; an ingested file stays. `raw/ab/cdef….zst` contains the file whose BLAKE3 hash is
//! `abcdef…`. Files are written under a temporary name and renamed, so that none is ever incomplete.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::LakeError;
use crate::durable::write_file;
use crate::error::io;

/// Compression that costs little time; instrument text shrinks to a fifth.
const LEVEL: i32 = 3;

/// The BLAKE3 hash of a file's bytes in hexadecimal: its `file_id`.
#[must_use]
pub fn file_id(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Every ingested file by its hash.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The path of the file with this id, whether it exists or not.
    #[must_use]
    pub fn path(&self, file_id: &str) -> PathBuf {
        let (head, tail) = file_id.split_at_checked(2).unwrap_or((file_id, ""));
        self.folder.join(head).join(format!("{tail}.zst"))
    }

    /// Stores these bytes, unless they are already stored.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`] if the file system refuses.
    pub fn keep(&self, file_id: &str, bytes: &[u8]) -> Result<(), LakeError> {
        let path = self.path(file_id);
        if path.exists() {
            return Ok(());
        }
        self.replace(file_id, bytes)
    }

    /// Stores these bytes, whatever is stored under their id.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`] if the file system refuses.
    pub fn replace(&self, file_id: &str, bytes: &[u8]) -> Result<(), LakeError> {
        let path = self.path(file_id);
        let compressed = zstd::encode_all(bytes, LEVEL).map_err(io("compress", &path))?;
        write_file(&path, &compressed)
    }

    /// The bytes with this id.
    ///
    /// # Errors
    ///
    /// [`LakeError::Io`] if they are missing, [`LakeError::Archive`] if they have a different hash.
    pub fn get(&self, file_id: &str) -> Result<Vec<u8>, LakeError> {
        let path = self.path(file_id);
        let file = std::fs::File::open(&path).map_err(io("open", &path))?;
        let mut bytes = Vec::new();
        zstd::Decoder::new(file)
            .and_then(|mut decoder| decoder.read_to_end(&mut bytes))
            .map_err(io("decompress", &path))?;
        let found = self::file_id(&bytes);
        if found == file_id { Ok(bytes) } else { Err(LakeError::Archive { path, expected: file_id.to_owned(), found }) }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_file_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().to_owned());
        let id = file_id(b"1\t2\n");
        archive.keep(&id, b"1\t2\n").unwrap();
        archive.keep(&id, b"1\t2\n").unwrap();
        assert_eq!(archive.get(&id).unwrap(), b"1\t2\n");
    }

    #[test]
    fn a_damaged_file_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().to_owned());
        let id = file_id(b"1\t2\n");
        archive.keep(&id, b"1\t3\n").unwrap();
        assert!(matches!(archive.get(&id), Err(LakeError::Archive { .. })));
    }
}
