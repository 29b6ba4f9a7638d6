//! `find_reflections`: the lines of a diffraction pattern, their phase, and how crystalline the film is.

use std::sync::LazyLock;

use aldb_fit::diffraction::{
    Alpha2, CrystallinityOptions, Peak, PeakOptions, Reflection, find_peaks, judge_crystallinity,
};
use aldb_fit::quality::Quality;

use super::document::{Documentation, FieldKind, Value, field, number, plain, verdict};
use super::gather::{Group, Kernel};

/// Reflections of phases that lithium films crystallise in, computed for Cu Kα1 from published cells; the file names them.
const REFLECTIONS: &str = include_str!("reflections.csv");

static PHASES: LazyLock<Vec<Reflection<'static>>> = LazyLock::new(|| {
    let rows = REFLECTIONS.lines().skip(1).filter_map(|line| {
        let mut cells = line.splitn(5, ',');
        let (phase, hkl, d, intensity) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        // Of some cells only positions are known.
        let relative_intensity = intensity.parse().unwrap_or(f64::NAN);
        Some(Reflection { phase, hkl, d_angstrom: d.parse().ok()?, relative_intensity })
    });
    rows.collect()
});

/// Reflections of a (100) silicon wafer, of the platinum of electrodes, and of the wafer's forbidden 002. Silicon: a = 5.431020 Å;
/// platinum: a = 3.9237 Å (NIST SRM 640f, PDF 4-802).
const SUBSTRATES: [(&str, &str, f64); 7] = [
    ("Si", "0 0 4", 1.357_755),
    ("Si", "0 0 2", 2.715_51),
    ("Si", "1 1 1", 3.135_60),
    ("Pt", "1 1 1", 2.265_35),
    ("Pt", "2 0 0", 1.961_85),
    ("Pt", "2 2 0", 1.387_24),
    ("Pt", "3 1 1", 1.183_04),
];

pub(super) fn kernel() -> Kernel {
    let line = vec![
        field("two_theta_deg", "deg", "Position of Kα1."),
        field("two_theta_err_deg", "deg", "Its standard uncertainty, of the fit alone."),
        field("d_angstrom", "Ao", "Spacing by Bragg's law."),
        field("d_err_angstrom", "Ao", "Its standard uncertainty."),
        field("fwhm_deg", "deg", "Width at half height, the instrument's included."),
        field("fwhm_err_deg", "deg", "Its standard uncertainty."),
        field("area", "1", "Area, in units of intensity times degrees."),
        field("area_err", "1", "Its standard uncertainty."),
        field("signal_to_noise", "1", "Prominence over the noise of the smoothed pattern."),
        plain("kind", FieldKind::Text, "`line` or `halo`."),
        plain("line_quality", FieldKind::Text, "`good`, `suspect` or `failed`."),
    ];
    let own = [
        plain("lines", FieldKind::Rows(line), "The lines; one without a position where there is none."),
        plain(
            "verdict",
            FieldKind::Text,
            "`crystalline` or `amorphous`, of the film: lines of the substrate are left out.",
        ),
        plain("phase", FieldKind::Text, "The phase that matches best; null where none does."),
        field("score", "1", "How well, 0 to 1."),
        field("area", "1", "Area of the phase's lines; without a phase, of all lines of the film."),
        field("area_err", "1", "Its standard uncertainty."),
        field("area_per_nm", "nm-1", "Area over the film's thickness; ranks crystallinity."),
        field("area_err_per_nm", "nm-1", "Its standard uncertainty, with the thickness's."),
        field("max_signal_to_noise", "1", "Largest signal to noise seen outside the substrate's lines."),
        plain("n_lines", FieldKind::Count, "Lines of the film."),
        plain("n_matched", FieldKind::Count, "Lines that match the phase."),
        plain("n_points", FieldKind::Count, "Points of the pattern."),
    ];
    Kernel {
        documentation: Documentation {
            name: "find_reflections",
            kind: "aggregate",
            version: 1,
            meaning: "Lines of a diffraction pattern with their spacings, the phase they match, and whether the film is \
                      crystalline. Lines of silicon and platinum count as the substrate's.",
            arguments: vec![
                number("two_theta_deg", "deg", "Angle 2θ."),
                number("intensity", "1", "Intensity."),
                number(
                    "counts_per_intensity",
                    "1",
                    "Counts behind an intensity of 1: 1 for counts, seconds a point for rates.",
                ),
                number("wavelength_angstrom", "Ao", "Wavelength of Kα1; that of copper where null."),
                number("wavelength_alpha2_angstrom", "Ao", "Wavelength of Kα2; null for a monochromatic beam."),
                number("alpha2_ratio", "1", "Intensity of Kα2 over Kα1; 0.5 where null."),
                number("thickness_nm", "nm", "Thickness of the film; null where not known."),
                number("thickness_err_nm", "nm", "Its standard uncertainty."),
            ],
            result: own.into_iter().chain(verdict()).collect(),
            example: "SELECT measurement_id, find_reflections(two_theta_deg, intensity, 1.0, NULL, 1.544414, 0.5, NULL, NULL) \
                      AS fit FROM xrd_patterns GROUP BY measurement_id LIMIT 3",
        },
        evaluate,
    }
}

fn evaluate(group: &Group) -> Vec<Value> {
    let [angle, intensity] = group.numbers([0, 1]);
    let default = PeakOptions::default();
    let wavelength_angstrom = group.number(3).unwrap_or(default.wavelength_angstrom);
    let alpha2 = group
        .number(4)
        .map(|wavelength_angstrom| Alpha2 { wavelength_angstrom, ratio: group.number(5).unwrap_or(0.5) });
    let options = PeakOptions { wavelength_angstrom, alpha2, ..default };
    let pattern = find_peaks(&angle, &intensity, group.number(2).unwrap_or(1.0), &options);
    let thickness = group.number(6).map(|thickness| (thickness, group.number(7).unwrap_or(0.0)));
    let substrate: Vec<Reflection<'_>> = SUBSTRATES
        .iter()
        .map(|(phase, hkl, d_angstrom)| Reflection { phase, hkl, d_angstrom: *d_angstrom, relative_intensity: 100.0 })
        .collect();
    let judged = pattern.as_ref().map(|pattern| {
        (pattern, judge_crystallinity(pattern, &PHASES, &substrate, thickness, &CrystallinityOptions::default()))
    });
    match judged {
        Ok((pattern, film)) => {
            let lines: Vec<Vec<Value>> = pattern.peaks.iter().map(line).collect();
            let reason = (film.quality != Quality::Good).then(|| film.reason.clone());
            vec![
                Value::Rows(Some(if lines.is_empty() { nothing() } else { lines })),
                Value::text(film.structure.as_str()),
                Value::Text(film.phase.clone()),
                film.score.into(),
                film.area.into(),
                film.area_err.into(),
                film.area_per_nm.into(),
                film.area_err_per_nm.into(),
                film.max_signal_to_noise.into(),
                Value::Count(film.n_peaks),
                Value::Count(film.n_matched),
                Value::Count(angle.len()),
                Value::text(film.quality.as_str()),
                Value::Text(reason),
            ]
        }
        Err(error) => {
            let mut values = vec![Value::Rows(Some(nothing())), Value::Text(None), Value::Text(None)];
            values.extend(vec![Value::Number(None); 6]);
            values.extend([Value::Count(0), Value::Count(0), Value::Count(angle.len())]);
            values.extend([Value::text("failed"), Value::text(error.to_string())]);
            values
        }
    }
}

fn line(peak: &Peak) -> Vec<Value> {
    vec![
        peak.two_theta_deg.into(),
        peak.two_theta_err_deg.into(),
        peak.d_angstrom.into(),
        peak.d_err_angstrom.into(),
        peak.fwhm_deg.into(),
        peak.fwhm_err_deg.into(),
        peak.area.into(),
        peak.area_err.into(),
        peak.signal_to_noise.into(),
        Value::text(peak.kind.as_str()),
        Value::text(peak.quality.as_str()),
    ]
}

/// One row, that says that there are none.
fn nothing() -> Vec<Vec<Value>> {
    let mut row = vec![Value::Number(None); 9];
    row.extend([Value::Text(None), Value::Text(None)]);
    vec![row]
}
