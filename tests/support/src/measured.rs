//! The folder of measured files and of other programs' results. They belong to their owners and are no part of the repository.

use std::path::{Path, PathBuf};

/// The file or folder `below` the folder of measured files (`""` is that folder itself), which `ALDB_REAL_FILES` names; by
/// default it is `shared/real` beside the checkout. `None`, after printing that the test is skipped, where it is absent.
#[must_use]
#[allow(clippy::print_stderr, reason = "a test that compares nothing must not look as if it had")]
pub fn real_files(below: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ALDB_REAL_FILES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real"), PathBuf::from);
    let path = folder.join(below);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: no measured files at {} (ALDB_REAL_FILES names their folder)", path.display());
    None
}
