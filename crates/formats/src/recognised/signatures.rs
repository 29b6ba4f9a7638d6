//! Signatures of formats that are known but not read, by field. The first that fits counts, so special ones go before general
//! ones.

mod containers;
mod diffraction;
mod electrochemistry;
mod ellipsometry;
mod ion_beams;
mod photoelectrons;
mod reactors;
mod sign;

pub(super) use sign::{Sign, Signature};

/// All signatures, containers last.
pub(super) fn signatures() -> impl Iterator<Item = &'static Signature> {
    let fields = [
        electrochemistry::SIGNATURES,
        photoelectrons::SIGNATURES,
        diffraction::SIGNATURES,
        ellipsometry::SIGNATURES,
        ion_beams::SIGNATURES,
        reactors::SIGNATURES,
        containers::SIGNATURES,
    ];
    fields.into_iter().flatten()
}
