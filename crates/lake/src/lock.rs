//! One writer at a time: an advisory lock on `state/writer.lock`, which the operating system releases when the process
//! ends. Readers never take it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use crate::LakeError;
use crate::error::io;

/// Held while a process writes.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    pub(crate) fn take(state: &Path) -> Result<Self, LakeError> {
        std::fs::create_dir_all(state).map_err(io("make", state))?;
        let path = state.join("writer.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // On some systems a locked file cannot be read; then the holder is not named.
                file.read_to_string(&mut holder).ok();
                let holder =
                    if holder.trim().is_empty() { "another process".to_owned() } else { holder.trim().to_owned() };
                return Err(LakeError::Locked { holder });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock", &path)(source)),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "process {}", std::process::id())?;
            file.flush()
        };
        write(&mut file).map_err(io("write", &path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_second_writer_names_the_holder_of_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let first = WriterLock::take(folder.path()).unwrap();
        let error = WriterLock::take(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is writing to this lake"), "{error}");
        drop(first);
        WriterLock::take(folder.path()).unwrap();
    }
}
