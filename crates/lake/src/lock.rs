//! One writer at a time: an advisory lock on `state/writer.lock`, which the operating system releases when the process
//! ends. Readers never take it.
//!
//! A second writer ends with an error that names the first, or waits for it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::LakeError;
use crate::error::io;

/// How long a writer that waits sleeps before it tries to take the lock again.
const POLL: Duration = Duration::from_millis(500);

/// Is told who holds the lock: once when the wait begins, and again when another process holds it.
#[derive(Clone)]
pub(crate) struct OnWait(pub(crate) Arc<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for OnWait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnWait")
    }
}

/// Held while a process writes.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock as soon as it is free.
    pub(crate) async fn wait(state: &Path, on_wait: &mut impl FnMut(&str)) -> Result<Self, LakeError> {
        let mut named: Option<String> = None;
        loop {
            match Self::take(state) {
                Err(LakeError::Locked { holder }) => {
                    if named.as_ref() != Some(&holder) {
                        on_wait(&holder);
                        named = Some(holder);
                    }
                    tokio::time::sleep(POLL).await;
                }
                taken => return taken,
            }
        }
    }

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
    use crate::Lake;

    #[test]
    fn the_error_of_a_second_writer_names_the_holder_of_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let first = WriterLock::take(folder.path()).unwrap();
        let error = WriterLock::take(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is writing to this lake"), "{error}");
        drop(first);
        WriterLock::take(folder.path()).unwrap();
    }

    #[tokio::test]
    async fn a_writer_that_waits_names_the_holder_once_and_writes_when_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::init(folder.path(), "").unwrap();
        let first = lake.write().await.unwrap();
        let (mut named, mut polls) = (Vec::new(), 0);
        {
            let mut waiting = std::pin::pin!(lake.write_waiting(|holder| named.push(holder.to_owned())));
            // Long enough for several polls; then the first writer ends.
            let mut first = Some(first);
            let second = loop {
                tokio::select! {
                    second = &mut waiting => break second,
                    () = tokio::time::sleep(POLL) => polls += 1,
                }
                if polls == 3 {
                    drop(first.take());
                }
            };
            assert_eq!(second.unwrap().batch(), 1);
        }
        assert!(polls >= 3, "{polls}");
        assert_eq!(named, [format!("process {}", std::process::id())]);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_leaves_the_lock_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::init(folder.path(), "").unwrap();
        let first = lake.write().await.unwrap();
        let waiting = lake.clone().that_waits(|_| {});
        tokio::time::timeout(Duration::ZERO, waiting.write()).await.unwrap_err();
        assert!(matches!(lake.write().await, Err(LakeError::Locked { .. })));
        drop(first);
        lake.write().await.unwrap();
    }
}
