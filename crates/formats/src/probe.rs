//! A file as detection sees it: its first bytes, these as text, and the names in an archive, each made once.

use std::sync::OnceLock;

use crate::archive::member_names;
use crate::registry::HEAD_BYTES;
use crate::text::decode;

/// A file that adapters are asked about.
pub struct Probe<'a> {
    file: &'a [u8],
    text: OnceLock<String>,
    members: OnceLock<Vec<String>>,
}

impl<'a> Probe<'a> {
    /// Of a whole file, or of its start where that is all there is.
    #[must_use]
    pub fn new(file: &'a [u8]) -> Self {
        Self { file, text: OnceLock::new(), members: OnceLock::new() }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &'a [u8] {
        self.file
    }

    /// The first [`HEAD_BYTES`], or less.
    #[must_use]
    pub fn head(&self) -> &'a [u8] {
        &self.file[..self.file.len().min(HEAD_BYTES)]
    }

    /// [`Probe::head`] as text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| decode(self.head()).text.into_owned())
    }

    /// The names of an archive's members; empty where the file is none.
    #[must_use]
    pub fn member_names(&self) -> &[String] {
        self.members.get_or_init(|| member_names(self.file))
    }

    /// Whether a member of the archive has `part` in its name.
    #[must_use]
    pub fn has_member(&self, part: &str) -> bool {
        self.member_names().iter().any(|name| name.contains(part))
    }
}
