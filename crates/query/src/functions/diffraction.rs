//! `find_reflections`: the peaks of a diffraction pattern, the phase they match, and whether the film is crystalline.

use std::sync::LazyLock;

use aldb_fit::diffraction::{
    Crystallinity, CrystallinityOptions, Peak, PeakOptions, Radiation, Reflection, Stated, find_reflections,
    judge_crystallinity,
};

use super::arguments::{Arguments, CompleteRows, at};
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
    counts_per_intensity: Vec<f64>,
    radiation: Radiation,
    /// Thickness of the film and its standard uncertainty (nm).
    thickness: Option<(f64, f64)>,
}

impl Measured {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let angle = arguments.number("two_theta_deg", "deg", "Diffraction angle 2θ.");
        let intensity = arguments.number("intensity", "1", "Intensity.");
        let counts_per_intensity = arguments.number(
            "counts_per_intensity",
            "1",
            "Counts per unit of intensity at each point: 1 for counts, seconds per point for count rates, divided by the attenuation \
             that the intensity includes; where null, as at the other points.",
        );
        let alpha_1 = arguments.constant("wavelength_angstrom", "Ao", "Wavelength of Kα1; null where not stated.");
        let alpha_2 =
            arguments.constant("wavelength_alpha2_angstrom", "Ao", "Wavelength of Kα2; null where not stated.");
        let ratio = arguments.constant(
            "alpha2_ratio",
            "1",
            "Intensity of Kα2 over Kα1, 0 behind a monochromator; null where not stated.",
        );
        let thickness = arguments.constant("thickness_nm", "nm", "Thickness of the film; null where not known.");
        let thickness_err = arguments.constant("thickness_err_nm", "nm", "Standard uncertainty of the thickness.");
        let used = arguments.option(
            "used_wavelength_angstrom",
            "Ao",
            "The wavelength that was used, of one line or the mean of a doublet; null where not stated.",
        );
        let anode = arguments.option_text("anode", "Anode of the tube, as `Cu`; null where not stated.");
        let radiation = arguments
            .option_text("radiation", "Radiation in words, as `K-Alpha 1` or `neutron`; null where not stated.");
        let complete = CompleteRows::of(&[&angle, &intensity]);
        let mut known: Vec<f64> = counts_per_intensity.iter().flatten().collect();
        known.sort_by(f64::total_cmp);
        let usual = known.get(known.len() / 2).copied().unwrap_or(1.0);
        Self {
            two_theta_deg: complete.values(&angle),
            intensity: complete.values(&intensity),
            counts_per_intensity: complete.rows().map(|row| at(&counts_per_intensity, row).unwrap_or(usual)).collect(),
            radiation: Radiation::from_stated(&Stated {
                used,
                alpha_1,
                alpha_2,
                ratio,
                anode: anode.as_deref(),
                radiation: radiation.as_deref(),
            }),
            thickness: thickness.map(|thickness| (thickness, thickness_err.unwrap_or(0.0))),
        }
    }
}

struct Analysed {
    peaks: Vec<Peak>,
    wavelength_angstrom: f64,
    wavelength_source: String,
    film: Crystallinity,
}

type Found = Outcome<Measured, Analysed>;

pub(super) fn kernel() -> Kernel {
    Definition {
        name: "find_reflections",
        version: 3,
        meaning: "Peaks of a diffraction pattern with their lattice spacings, the phase they match, and whether the film is \
                  crystalline. Peaks at reflections of silicon and platinum are assigned to the substrate.",
        example: "SELECT measurement_id, find_reflections(two_theta_deg, intensity, 1.0, 1.540593, 1.544414, 0.5, NULL, NULL) \
                  AS fit FROM xrd_patterns GROUP BY measurement_id LIMIT 3",
        arguments: Measured::of,
        evaluate: |measured| {
            let Measured { two_theta_deg, intensity, counts_per_intensity, radiation, thickness } = measured;
            let options = PeakOptions::default();
            let pattern = find_reflections(two_theta_deg, intensity, counts_per_intensity, radiation, &options)?;
            let others = radiation.other_wavelengths_angstrom();
            let options = CrystallinityOptions { other_wavelengths_angstrom: others, ..CrystallinityOptions::default() };
            let film = judge_crystallinity(&pattern, &PHASES, &SUBSTRATES, *thickness, &options);
            let alignment = film.alignment_err_deg;
            Ok(Analysed {
                peaks: pattern.peaks.into_iter().map(|peak| peak.aligned_to(alignment)).collect(),
                wavelength_angstrom: radiation.wavelength_angstrom,
                wavelength_source: radiation.source.clone(),
                film,
            })
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
            number area_err ["1"] "Standard uncertainty of the area: counting and the fit, and whether Kα2 is there if that is not known; without the power of the tube, the optics and the part of the beam that misses the sample."
                => found.film.area_err;
            number area_per_nm ["nm-1"] "Area per thickness of the film, by which films are ranked in crystallinity."
                => found.film.area_per_nm;
            number area_err_per_nm ["nm-1"] "Standard uncertainty of the area per thickness, that of the thickness included."
                => found.film.area_err_per_nm;
            number max_signal_to_noise ["1"] "Largest signal-to-noise ratio outside the reflections of the substrate."
                => found.film.max_signal_to_noise;
            number displacement_deg ["deg"] "Displacement of the peaks against the phase, measured minus expected: of the zero of 2θ and the height of the sample; null unless at least two peaks match. Positions and spacings are not corrected for it."
                => found.film.displacement_deg;
            number displacement_err_deg ["deg"] "Standard uncertainty of the displacement: scatter of the peaks and 0.01° of their reference positions."
                => found.film.displacement_err_deg;
            number alignment_err_deg ["deg"] "Standard uncertainty of the alignment that the spacings have: the displacement with its uncertainty; 0.05° where there is none."
                => found.film.alignment_err_deg;
            number wavelength_angstrom ["Ao"] "Wavelength by which spacings are calculated: of Kα1 or the only line."
                => found.wavelength_angstrom;
            text wavelength_source "Where the wavelength comes from." => found.wavelength_source.clone();
        },
    }
    .kernel()
}

fn peaks() -> Vec<Field<Peak>> {
    fields! { peak: Peak;
        number two_theta_deg ["deg"] "Position of Kα1.";
        number two_theta_err_deg ["deg"] "Standard uncertainty of the position: of the fit, and of whether Kα2 is there if that is not known; without the alignment of the instrument.";
        number d_angstrom ["Ao"] "Lattice spacing by Bragg's law.";
        number d_err_angstrom ["Ao"] "Standard uncertainty of the lattice spacing: of the position, of the alignment (displacement found, or 0.05°), and of the digits of the wavelength.";
        number fwhm_deg ["deg"] "Full width at half maximum, instrumental broadening included.";
        number fwhm_err_deg ["deg"] "Standard uncertainty of the width.";
        number area ["1"] "Area, in units of intensity times degrees.";
        number area_err ["1"] "Standard uncertainty of the area: counting and the fit, and whether Kα2 is there if that is not known.";
        number signal_to_noise ["1"] "Prominence divided by the noise of the smoothed pattern.";
        text kind "`line`, a peak, or `halo`, the broad maximum of an amorphous solid." => peak.kind.as_str();
        text line_quality "`good`, `suspect` or `failed`." => peak.verdict.quality.as_str();
        text line_reason "Why the peak is not good; null where it is." => peak.verdict.words();
        text line_reason_code "Codes of the reasons, separated by spaces; null where the peak is good." => peak.verdict.codes();
    }
}
