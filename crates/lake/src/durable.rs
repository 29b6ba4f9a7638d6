//! Files that exist as a whole or not at all, whatever happens to the process or the power supply.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use crate::LakeError;
use crate::error::io;
use crate::exit_point::{self, Step};

/// Reads a file. One that gives fewer bytes than it has, as a share may while it goes away, is an error and not a shorter file.
///
/// # Errors
///
/// What the file system says.
pub(crate) fn read_whole(path: &Path) -> std::io::Result<Vec<u8>> {
    whole(&mut File::open(path)?)
}

/// The same for a file that is open, from where it is.
pub(crate) fn whole(file: &mut File) -> std::io::Result<Vec<u8>> {
    let expected = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let found = file.read_to_end(&mut bytes)?;
    if (found as u64) < expected {
        let words = format!("{found} of {expected} bytes could be read");
        return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, words));
    }
    Ok(bytes)
}

/// The same for a text.
///
/// # Errors
///
/// What the file system says, and text that is not UTF-8.
pub(crate) fn read_whole_text(path: &Path) -> std::io::Result<String> {
    String::from_utf8(read_whole(path)?).map_err(|error| std::io::Error::new(std::io::ErrorKind::InvalidData, error))
}

/// Writes a file under a temporary name in the same folder, forces it onto the disk and renames it. An existing file
/// is replaced.
///
/// # Errors
///
/// [`LakeError::Io`] if the file system refuses.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io("make", folder))?;
    let mut builder = tempfile::Builder::new();
    // By default only the owner may read a temporary file; this one has the permissions of any new file.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(io("write into", folder))?;
    exit_point::before(Step::Write);
    file.write_all(bytes).map_err(io("write", path))?;
    exit_point::before(Step::Sync);
    file.as_file().sync_all().map_err(io("write", path))?;
    exit_point::before(Step::Rename);
    file.persist(path).map(drop).map_err(|error| io("rename", path)(error.error))
}
