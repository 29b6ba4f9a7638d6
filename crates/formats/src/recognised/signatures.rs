//! What the formats that aren't read look like, by field. The first that fits counts, so special ones go before general
//! ones.

mod containers;
mod diffraction;
mod electrochemistry;
mod ellipsometry;
mod ion_beams;
mod photoelectrons;

/// How a format is recognised.
pub(super) enum Sign {
    /// These bytes at this offset.
    Bytes(usize, &'static [u8]),
    /// Found in the first 4 KiB, decoded.
    Text(&'static str),
    /// Part of the name of an archive's member.
    Member(&'static str),
    /// The same, of a container for many formats: whoever reads one of these goes before.
    Container(&'static str),
}

/// Sign, title with an article, advice.
pub(super) type Signature = (Sign, &'static str, &'static str);

/// All signatures, containers last.
pub(super) fn signatures() -> impl Iterator<Item = &'static Signature> {
    let fields = [
        electrochemistry::SIGNATURES,
        photoelectrons::SIGNATURES,
        diffraction::SIGNATURES,
        ellipsometry::SIGNATURES,
        ion_beams::SIGNATURES,
        containers::SIGNATURES,
    ];
    fields.into_iter().flatten()
}
