//! The techniques of measurement: name, table, and the columns that every row needs.

/// A technique of measurement. The name in tables and JSON is [`Technique::name`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Technique {
    /// Impedance against frequency at a fixed potential or current.
    ImpedanceSpectroscopy,
    /// Potential, current and charge against time: voltammetry, chrono-methods, cycling. The metadata `method` states
    /// which.
    Electrochemistry,
    /// Ψ and Δ against wavelength and angle, once or many times.
    SpectroscopicEllipsometry,
    /// Results of fits to ellipsometric data (thickness, index) against time, cycle or position.
    EllipsometrySeries,
    /// Refractive index and extinction of a material against wavelength.
    OpticalConstants,
    /// Content of each element against depth, from recoils or backscattering.
    IonBeamDepthProfile,
    /// Yield of an ion beam experiment against channel or energy.
    IonBeamSpectrum,
    /// Single events of a coincidence detector.
    IonBeamEvents,
    /// Photoelectrons against energy.
    PhotoelectronSpectroscopy,
    /// Diffracted or reflected X-rays against angle.
    XRayDiffraction,
    /// Events and readings of a reactor against time.
    ReactorLog,
}

/// Names, table, and required columns: at least one of each group.
struct Facts {
    technique: Technique,
    name: &'static str,
    table: &'static str,
    needs: &'static [&'static [&'static str]],
    /// The required columns, for messages.
    needs_in_words: &'static str,
}

const TECHNIQUES: &[Facts] = &[
    Facts {
        technique: Technique::ImpedanceSpectroscopy,
        name: "impedance_spectroscopy",
        table: "impedance_spectra",
        needs: &[
            &["frequency_hz"],
            &["z_re_ohm", "z_modulus_ohm"],
            &["z_im_ohm", "z_modulus_ohm"],
            &["z_re_ohm", "z_phase_deg"],
            &["z_im_ohm", "z_phase_deg"],
        ],
        needs_in_words: "for frequency, and for real and imaginary part or modulus and phase of the impedance",
    },
    Facts {
        technique: Technique::Electrochemistry,
        name: "electrochemistry",
        table: "electrochemistry",
        needs: &[&["potential_v", "current_a"], &["time_s", "potential_v"], &["time_s", "current_a"]],
        needs_in_words: "for two of time, potential and current",
    },
    Facts {
        technique: Technique::SpectroscopicEllipsometry,
        name: "spectroscopic_ellipsometry",
        table: "ellipsometry_spectra",
        needs: &[&["wavelength_nm"], &["psi_deg"], &["delta_deg"]],
        needs_in_words: "for wavelength, Psi and Delta",
    },
    Facts {
        technique: Technique::EllipsometrySeries,
        name: "ellipsometry_series",
        table: "ellipsometry_series",
        needs: &[&["time_s", "cycle", "x_mm"], &["thickness_nm", "refractive_index"]],
        needs_in_words: "for time, cycle or position, and for thickness or refractive index",
    },
    Facts {
        technique: Technique::OpticalConstants,
        name: "optical_constants",
        table: "optical_constants",
        needs: &[&["wavelength_nm"], &["refractive_index"]],
        needs_in_words: "for wavelength and refractive index",
    },
    Facts {
        technique: Technique::IonBeamDepthProfile,
        name: "ion_beam_depth_profile",
        table: "erd_profiles",
        needs: &[&["depth_nm", "areal_depth_1e15_per_cm2"], &["element"], &["content_percent", "fraction"]],
        needs_in_words: "for depth, element and content",
    },
    Facts {
        technique: Technique::IonBeamSpectrum,
        name: "ion_beam_spectrum",
        table: "ion_beam_spectra",
        needs: &[&["channel", "energy_kev"], &["counts"]],
        needs_in_words: "for channel or energy, and for counts",
    },
    Facts {
        technique: Technique::IonBeamEvents,
        name: "ion_beam_events",
        table: "ion_beam_events",
        needs: &[&["time_of_flight_channel", "energy_kev"], &["energy_channel", "energy_kev"]],
        needs_in_words: "for time of flight and energy",
    },
    Facts {
        technique: Technique::PhotoelectronSpectroscopy,
        name: "photoelectron_spectroscopy",
        table: "xps_spectra",
        needs: &[
            &["energy_ev", "binding_energy_ev", "kinetic_energy_ev"],
            &["intensity", "counts", "count_rate_per_s"],
        ],
        needs_in_words: "for kinetic or binding energy, and for intensity",
    },
    Facts {
        technique: Technique::XRayDiffraction,
        name: "x_ray_diffraction",
        table: "xrd_patterns",
        needs: &[&["scan_angle_deg", "two_theta_deg"], &["intensity", "counts", "count_rate_per_s"]],
        needs_in_words: "for angle and intensity",
    },
    Facts {
        technique: Technique::ReactorLog,
        name: "reactor_log",
        table: "run_log",
        needs: &[&["time_s"], &["event", "step", "pressure_pa", "deposition_temperature_c", "cycle"]],
        needs_in_words: "for time and event",
    },
];

impl Technique {
    /// All techniques.
    pub fn all() -> impl Iterator<Item = Self> {
        TECHNIQUES.iter().map(|facts| facts.technique)
    }

    fn facts(self) -> &'static Facts {
        // The array has every variant, which a test checks; the first is a fallback that is never used.
        TECHNIQUES.iter().find(|facts| facts.technique == self).unwrap_or(&TECHNIQUES[0])
    }

    /// The name used in tables, JSON and manifests.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The technique with this [`Technique::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|technique| technique.name() == name)
    }

    /// The fact table that holds measurements of this technique (`schemas/<table>.toml`).
    #[must_use]
    pub fn table(self) -> &'static str {
        self.facts().table
    }

    /// The columns that a row must have: at least one of each group.
    #[must_use]
    pub fn needs(self) -> &'static [&'static [&'static str]] {
        self.facts().needs
    }

    /// Columns of the table that one setting of the measurement fills, in metadata of the same name, where a file has no
    /// column of it.
    #[must_use]
    pub fn constants(self) -> &'static [&'static str] {
        match self {
            Self::PhotoelectronSpectroscopy => &["region", "etch_time_s"],
            Self::IonBeamDepthProfile => &["element", "mass_number"],
            Self::SpectroscopicEllipsometry => &["angle_of_incidence_deg"],
            _ => &[],
        }
    }

    /// [`Technique::needs`] for messages: "expected a column …".
    #[must_use]
    pub fn needs_in_words(self) -> &'static str {
        self.facts().needs_in_words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_technique_has_its_own_name_and_table() {
        let techniques: Vec<_> = Technique::all().collect();
        for technique in &techniques {
            assert_eq!(technique.facts().technique, *technique);
            assert_eq!(Technique::from_name(technique.name()), Some(*technique));
            assert_eq!(techniques.iter().filter(|other| other.table() == technique.table()).count(), 1);
        }
        assert_eq!(Technique::from_name("alchemy"), None);
    }
}
