//! A file as detection sees it (its first bytes, the same as text, the names in an archive, the workbook in it, each computed once), and how
//! certain an adapter is of what it sees.

use std::sync::OnceLock;

use crate::ReadError;
use crate::archive::member_names;
use crate::text::decode;
use crate::workbook::{Sheet, Workbook};

/// Number of bytes at the start of a file by which its format is detected.
pub const HEAD_BYTES: usize = 4096;

/// The certainty that a file is of an adapter's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Not this format.
    No,
    /// The columns fit; any other adapter's claim goes before this one.
    Weak,
    /// A header or layout that this format alone is known to have.
    Likely,
    /// A signature that only this format has.
    Certain,
}

impl Match {
    /// The word for people and manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Weak => "weak",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// A file whose format is to be detected.
pub struct Probe<'a> {
    file: &'a [u8],
    text: OnceLock<String>,
    members: OnceLock<Vec<String>>,
    workbook: OnceLock<Result<Workbook<'a>, ReadError>>,
}

impl<'a> Probe<'a> {
    /// Of a whole file, or of its start where only that is known.
    #[must_use]
    pub fn new(file: &'a [u8]) -> Self {
        Self { file, text: OnceLock::new(), members: OnceLock::new(), workbook: OnceLock::new() }
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

    /// The names of an archive's members; empty where the file is not an archive.
    #[must_use]
    pub fn member_names(&self) -> &[String] {
        self.members.get_or_init(|| member_names(self.file))
    }

    /// Whether a member of the archive has `part` in its name.
    #[must_use]
    pub fn has_member(&self, part: &str) -> bool {
        self.member_names().iter().any(|name| name.contains(part))
    }

    /// The file as a workbook.
    ///
    /// # Errors
    ///
    /// What [`Workbook::open`] refuses.
    pub(crate) fn workbook(&self) -> Result<&Workbook<'a>, ReadError> {
        self.workbook.get_or_init(|| Workbook::open(self.file)).as_ref().map_err(Clone::clone)
    }

    /// The sheets of the file as a workbook; none where it is not one.
    pub(crate) fn sheets(&self) -> &[Sheet] {
        if !self.has_member("xl/workbook.xml") {
            return &[];
        }
        self.workbook().map_or(&[], |workbook| &workbook.sheets)
    }
}
