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
}

/// Sign, title with an article, advice.
pub(super) type Signature = (Sign, &'static str, &'static str);

const EXPORT_SPECTRUM: &str = "export the spectrum as text with a header that names frequency, Z' and Z''";
const ONLY_IMPEDANCE: &str = "only impedance spectra are read so far";

/// Whether a signature is that of a container, which says little about what is in it: a reader that knows more goes
/// before it.
pub(super) fn is_container(signature: &Signature) -> bool {
    containers::SIGNATURES.iter().any(|(_, title, _)| *title == signature.1)
}

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
