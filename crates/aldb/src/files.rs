//! Files that commands write: whole or not at all.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::outcome::Error;

/// A file being written. A regular file is written beside its place and takes it at the end, so that an older one stays as it
/// was where the work fails; a device or a pipe is written directly.
pub(crate) enum NewFile {
    /// Beside its place.
    Beside {
        /// The temporary file.
        file: BufWriter<NamedTempFile>,
        /// Its place; where the given path is a symbolic link, the file that it leads to.
        place: PathBuf,
    },
    /// A device or a pipe.
    Direct(BufWriter<std::fs::File>),
}

impl NewFile {
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        let failed = |error| cannot_write(path, &error);
        let is_special = std::fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
        if is_special {
            let file = std::fs::File::options().write(true).open(path).map_err(failed)?;
            return Ok(Self::Direct(BufWriter::new(file)));
        }
        let place = destination(path);
        Ok(Self::Beside { file: BufWriter::new(temporary_file_for(&place).map_err(failed)?), place })
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self {
            Self::Direct(mut file) => file.flush().map_err(|error| error.to_string().into()),
            Self::Beside { file, place } => {
                let file = file.into_inner().map_err(|error| cannot_write(&place, &error.into_error()))?;
                file.persist(&place).map_err(|error| cannot_write(&place, &error.error))?;
                Ok(())
            }
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Beside { file, .. } => file.write(bytes),
            Self::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Beside { file, .. } => file.flush(),
            Self::Direct(file) => file.flush(),
        }
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    format!("cannot write `{}`: {error}", path.display()).into()
}

/// The file that a path leads to through symbolic links, whether or not it exists.
fn destination(path: &Path) -> PathBuf {
    let mut place = path.to_owned();
    // As many links as the system follows.
    for _ in 0..40 {
        match std::fs::read_link(&place) {
            Ok(to) => place = place.parent().unwrap_or(Path::new("")).join(to),
            Err(_) => break,
        }
    }
    place
}

/// A temporary file in the folder of a file, with the permissions of a new file.
fn temporary_file_for(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".aldb-").tempfile_in(folder)
}

/// Writes a whole file.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes).map_err(|error| cannot_write(path, &error))?;
    file.finish()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_symbolic_link_stays_and_its_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real.csv", &link).unwrap();
        write_whole(&link, b"new").unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    }

    #[test]
    fn a_device_is_written_to_and_stays_a_device() {
        write_whole(Path::new("/dev/null"), b"rows").unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    #[test]
    fn a_file_that_is_not_finished_leaves_the_older_one_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "old").unwrap();
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
