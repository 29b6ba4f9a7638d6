//! All measurements of the laboratory on its films other than impedance, in the formats of the instruments.

/// The measurements of Verhelle et al., Chem. Mater. 37, 687 (2025), other than impedance.
///
/// Growth watched by ellipsometry, with the reactor's log; Ψ and Δ, recoils, photoelectrons and diffraction of finished
/// films; voltammograms, rate capability and stability windows of coated electrodes. Where the paper prints no number
/// one was chosen: see [`Truth::origin`](crate::truth::Truth::origin).
///
/// # Example
///
/// ```
/// let laboratory = aldb_lab::Characterisation::default();
/// let film = "synthetic-LBO-300-60nm";
/// assert!(laboratory.files().iter().any(|file| file.path == format!("instruments/xrd/{film}.uxd")));
/// let truths = laboratory.truths();
/// let boron = truths.iter().find(|truth| truth.sample_id == film && truth.quantity == "B_percent");
/// assert_eq!(boron.and_then(|truth| truth.value), Some(20.7));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Characterisation {
    /// Seed of the noise.
    pub seed: u64,
    /// Size of the noise: 1 as an instrument would have it, 0 for none.
    pub noise: f64,
}

impl Default for Characterisation {
    fn default() -> Self {
        Self { seed: 2025, noise: 1.0 }
    }
}
