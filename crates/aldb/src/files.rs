//! Files that commands write: whole or not at all.

use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;

use crate::outcome::Error;

/// A temporary file in the folder of a file, with the permissions of a new file.
pub(crate) fn temporary_file_for(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".aldb-").tempfile_in(folder)
}

/// Writes a file through a temporary one in the same folder: if writing fails, an older file stays as it was.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |error: std::io::Error| format!("cannot write `{}`: {error}", path.display());
    let mut file = temporary_file_for(path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
