//! Files that exist as a whole or not at all, whatever happens to the process or the power supply.

use std::io::Write as _;
use std::path::Path;

use crate::LakeError;
use crate::error::io;
use crate::exit_point::{self, Step};

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
