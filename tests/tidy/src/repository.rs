//! The files of the project, and how a check reports what is wrong with them.

use std::path::{Path, PathBuf};

/// A file of the project.
#[derive(Debug, Clone)]
pub(crate) struct ProjectFile {
    /// Path below the project's folder, with `/` between folders.
    pub(crate) path: String,
    pub(crate) size_bytes: u64,
    absolute: PathBuf,
}

impl ProjectFile {
    /// The text; `None` for a binary file.
    pub(crate) fn text(&self) -> Option<String> {
        let bytes = std::fs::read(&self.absolute).unwrap();
        if bytes.contains(&0) { None } else { String::from_utf8(bytes).ok() }
    }

    /// The text after the last point of the file's name.
    pub(crate) fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// The file's name without folder and extension.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// The folder below `above/` that contains the file: `lake` for `crates/lake/src/lib.rs` in `crates`.
    pub(crate) fn folder_in(&self, above: &str) -> Option<&str> {
        self.path.strip_prefix(above)?.strip_prefix('/')?.split_once('/').map(|(folder, _)| folder)
    }
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All files of the project in the order of their paths, without what git ignores and what cargo built.
pub(crate) fn files() -> Vec<ProjectFile> {
    let root = root();
    let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap();
    let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('/')).collect();
    let mut files = Vec::new();
    walk(&root, "", &ignored, &mut files);
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(files.len() > 100, "expected the project in {}, found {} files", root.display(), files.len());
    files
}

fn walk(folder: &Path, below: &str, ignored: &[&str], files: &mut Vec<ProjectFile>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let absolute = entry.path();
        let status = std::fs::symlink_metadata(&absolute).unwrap();
        // A worktree has a file called `.git`; cargo marks every folder that it builds into.
        if name == ".git" || ignored.contains(&path.as_str()) || absolute.join("CACHEDIR.TAG").exists() {
            continue;
        }
        if status.is_dir() {
            walk(&absolute, &path, ignored, files);
        } else if status.is_file() {
            files.push(ProjectFile { path, size_bytes: status.len(), absolute });
        }
    }
}

/// Fails with all problems, one a line, and with what to do about them.
pub(crate) fn report(problems: &[String], advice: &str) {
    assert!(problems.is_empty(), "\n{}\n\nWhat to do: {advice}\n", problems.join("\n"));
}
