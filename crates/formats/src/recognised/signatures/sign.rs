//! Defines how a format that is known but not read is recognised.

/// How a format is recognised.
pub(in crate::recognised) enum Sign {
    /// These bytes at this offset.
    Bytes(usize, &'static [u8]),
    /// Found in the first 4 KiB, decoded.
    Text(&'static str),
    /// Part of the name of an archive's member.
    Member(&'static str),
    /// The same, of a container for many formats: an adapter for one of these has precedence.
    Container(&'static str),
}

/// Sign, title with an article, advice.
pub(in crate::recognised) type Signature = (Sign, &'static str, &'static str);
