//! Where files of a lake go that it cannot use: `state/damaged/N/`, under the paths that they had. Nothing is deleted.

use std::path::{Path, PathBuf};

use crate::LakeError;
use crate::error::io;

/// Where damaged files go.
pub(crate) struct Aside {
    root: PathBuf,
    folder: PathBuf,
}

impl Aside {
    /// The next folder that does not exist.
    pub(crate) fn new(root: &Path) -> Self {
        let damaged = root.join("state").join("damaged");
        let mut number = 1;
        while damaged.join(number.to_string()).exists() {
            number += 1;
        }
        Self { root: root.to_owned(), folder: damaged.join(number.to_string()) }
    }

    /// Its path below the lake.
    pub(crate) fn name(&self) -> String {
        self.folder.strip_prefix(&self.root).unwrap_or(&self.folder).display().to_string()
    }

    /// Moves a file of the lake there; one that does not exist is none.
    pub(crate) fn take(&self, path: &Path) -> Result<(), LakeError> {
        if std::fs::symlink_metadata(path).is_err() {
            return Ok(());
        }
        let target = self.folder.join(path.strip_prefix(&self.root).unwrap_or(path));
        let folder = target.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(folder).map_err(io("make", folder))?;
        std::fs::rename(path, &target).map_err(io("move", path))
    }
}
