//! A file of the laboratory, and what every file says of itself.

/// A file of the synthetic laboratory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabFile {
    /// Path relative to the laboratory's folder, with `/` between its parts.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// The remark that every file carries.
pub(crate) const REMARK: &str = "synthetic: computed from an invented film, not measured";
