//! `find_reflections`: the peaks of a diffraction pattern, the phase they match, and whether the film is crystalline.

use std::sync::LazyLock;

use aldb_fit::diffraction::{
    Alpha2, Crystallinity, CrystallinityOptions, Peak, PeakOptions, Reflection, find_peaks, judge_crystallinity,
};

use super::arguments::{Arguments, CompleteRows};
use super::field::{Field, fields};
use super::kernel::{Definition, Kernel, Outcome};

/// Reflections of phases in which lithium films crystallise, calculated for Cu Kα1 from published unit cells; the file
/// names them.
const REFLECTIONS: &str = include_str!("reflections.csv");

static PHASES: LazyLock<Vec<Reflection<'static>>> = LazyLock::new(|| {
    let rows = REFLECTIONS.lines().skip(1).filter_map(|line| {
        let mut cells = line.splitn(5, ',');
        let (phase, hkl, d, intensity) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        // For some unit cells only the positions are known.
        let relative_intensity = intensity.parse().unwrap_or(f64::NAN);
        Some(Reflection { phase, hkl, d_angstrom: d.parse().ok()?, relative_intensity })
    });
    rows.collect()
});

/// Reflections of a (100) silicon wafer, its forbidden 002 included, and of platinum electrodes. Silicon: a = 5.431020
/// Å; platinum: a = 3.9237 Å (NIST SRM 640f, PDF 4-802).
const SUBSTRATES: [Reflection<'static>; 7] = [
    substrate("Si", "0 0 4", 1.357_755),
    substrate("Si", "0 0 2", 2.715_51),
    substrate("Si", "1 1 1", 3.135_60),
    substrate("Pt", "1 1 1", 2.265_35),
    substrate("Pt", "2 0 0", 1.961_85),
    substrate("Pt", "2 2 0", 1.387_24),
    substrate("Pt", "3 1 1", 1.183_04),
];

const fn substrate(phase: &'static str, hkl: &'static str, d_angstrom: f64) -> Reflection<'static> {
    Reflection { phase, hkl, d_angstrom, relative_intensity: 100.0 }
}

struct Measured {
    two_theta_deg: Vec<f64>,
    intensity: Vec<f64>,
    counts_per_intensity: f64,
    options: PeakOptions,
    /// Thickness of the film and its standard uncertainty (nm).
    thickness: Option<(f64, f64)>,
}

impl Measured {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let angle = arguments.number("two_theta_deg", "deg", "Diffraction angle 2θ.");
        let intensity = arguments.number("intensity", "1", "Intensity.");
        let counts_per_intensity = arguments.constant(
            "counts_per_intensity",
            "1",
            "Counts per unit of intensity: 1 for counts, seconds per point for count rates.",
        );
        let wavelength =
            arguments.constant("wavelength_angstrom", "Ao", "Wavelength of Kα1; that of copper where null.");
        let alpha2 =
            arguments.constant("wavelength_alpha2_angstrom", "Ao", "Wavelength of Kα2; null for a monochromatic beam.");
        let ratio = arguments.constant("alpha2_ratio", "1", "Intensity of Kα2 over Kα1; 0.5 where null.");
        let thickness = arguments.constant("thickness_nm", "nm", "Thickness of the film; null where not known.");
        let thickness_err = arguments.constant("thickness_err_nm", "nm", "Standard uncertainty of the thickness.");
        let complete = CompleteRows::of(&[&angle, &intensity]);
        let default = PeakOptions::default();
        Self {
            two_theta_deg: complete.values(&angle),
            intensity: complete.values(&intensity),
            counts_per_intensity: counts_per_intensity.unwrap_or(1.0),
            options: PeakOptions {
                wavelength_angstrom: wavelength.unwrap_or(default.wavelength_angstrom),
                alpha2: alpha2.map(|wavelength_angstrom| Alpha2 { wavelength_angstrom, ratio: ratio.unwrap_or(0.5) }),
                ..default
            },
            thickness: thickness.map(|thickness| (thickness, thickness_err.unwrap_or(0.0))),
        }
    }
}

struct Analysed {
    peaks: Vec<Peak>,
    film: Crystallinity,
}

type Found = Outcome<Measured, Analysed>;

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "find_reflections",
        version: 2,
        meaning: "Peaks of a diffraction pattern with their lattice spacings, the phase they match, and whether the film is \
                  crystalline. Peaks at reflections of silicon and platinum are assigned to the substrate.",
        example: "SELECT measurement_id, find_reflections(two_theta_deg, intensity, 1.0, NULL, 1.544414, 0.5, NULL, NULL) \
                  AS fit FROM xrd_patterns GROUP BY measurement_id LIMIT 3",
        arguments: Measured::of,
        evaluate: |measured| {
            let Measured { two_theta_deg, intensity, counts_per_intensity, options, thickness } = measured;
            let pattern = find_peaks(two_theta_deg, intensity, *counts_per_intensity, options)?;
            let options = CrystallinityOptions::default();
            let film = judge_crystallinity(&pattern, &PHASES, &SUBSTRATES, *thickness, &options);
            Ok(Analysed { peaks: pattern.peaks, film })
        },
        verdict: |found| found.film.verdict.clone(),
        always: fields! { found: Found;
            count n_lines "Number of peaks of the film." => found.fit().map_or(0, |found| found.film.n_peaks);
            count n_matched "Number of peaks that match the phase."
                => found.fit().map_or(0, |found| found.film.n_matched);
            count n_points "Number of points of the pattern." => found.input.two_theta_deg.len();
        },
        fields: fields! { found: Analysed;
            rows_or_one lines (peaks()) "The peaks; a single one without a position where there is none."
                => Some(&found.peaks);
            text verdict "`crystalline` or `amorphous`: the film alone, peaks of the substrate left out."
                => found.film.structure.as_str();
            text phase "The phase that matches best; null where none does." => found.film.phase.clone();
            number score ["1"] "Agreement with that phase, from 0 to 1." => found.film.score;
            number area ["1"] "Area of the peaks of the phase, in units of intensity times degrees; without a phase, of all peaks of the film."
                => found.film.area;
            number area_err ["1"] "Standard uncertainty of the area." => found.film.area_err;
            number area_per_nm ["nm-1"] "Area per thickness of the film, by which films are ranked in crystallinity."
                => found.film.area_per_nm;
            number area_err_per_nm ["nm-1"] "Standard uncertainty of the area per thickness, that of the thickness included."
                => found.film.area_err_per_nm;
            number max_signal_to_noise ["1"] "Largest signal-to-noise ratio outside the reflections of the substrate."
                => found.film.max_signal_to_noise;
        },
    }
    .kernel()
}

fn peaks() -> Vec<Field<Peak>> {
    fields! { peak: Peak;
        number two_theta_deg ["deg"] "Position of Kα1.";
        number two_theta_err_deg ["deg"] "Standard uncertainty of the position, from the fit alone.";
        number d_angstrom ["Ao"] "Lattice spacing by Bragg's law.";
        number d_err_angstrom ["Ao"] "Standard uncertainty of the lattice spacing.";
        number fwhm_deg ["deg"] "Full width at half maximum, instrumental broadening included.";
        number fwhm_err_deg ["deg"] "Standard uncertainty of the width.";
        number area ["1"] "Area, in units of intensity times degrees.";
        number area_err ["1"] "Standard uncertainty of the area.";
        number signal_to_noise ["1"] "Prominence divided by the noise of the smoothed pattern.";
        text kind "`line`, a peak, or `halo`, the broad maximum of an amorphous solid." => peak.kind.as_str();
        text line_quality "`good`, `suspect` or `failed`." => peak.verdict.quality.as_str();
        text line_reason "Why the peak is not good; null where it is." => peak.verdict.words();
        text line_reason_code "Codes of the reasons, separated by spaces; null where the peak is good." => peak.verdict.codes();
    }
}
