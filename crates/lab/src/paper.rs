//! The films of the paper: processes, compositions and behaviour, as far as they are printed, and what was chosen
//! beyond.
//!
//! Source: Verhelle et al., Chem. Mater. 37, 687 (2025). Sections, tables and figures named below are its own.

use crate::model::cauchy::Cauchy;
use crate::model::growth::Dose;
use crate::truth::Origin;

/// Doses (s) of lithium borate at their optimum, section 3.1.1.
pub(crate) const BORATE_DOSES_S: [f64; 3] = [20.0, 5.0, 20.0];
/// How a cycle's growth is parted among LiHMDS, H2O and TMB. Only that water takes thickness away is known.
const BORATE_PARTS: [(&str, f64); 3] = [("LiHMDS", 2.25), ("H2O", -1.75), ("TMB", 0.5)];
/// The same for LiHMDS and TMP, not known either.
const PHOSPHATE_PARTS: [(&str, f64); 2] = [("LiHMDS", 1.3), ("TMP", -0.3)];
/// Growth per cycle of the end members at 300 °C (Å), sections 3.1.1 and 3.2.1.
const BORATE_300C_ANGSTROM: f64 = 0.35;
const PHOSPHATE_300C_ANGSTROM: f64 = 0.7;

/// A kind of film.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Material {
    /// Name in sample names: `LBO-125`.
    pub(crate) label: &'static str,
    /// `LBO`, `LPO` or `LBPO`.
    pub(crate) process: &'static str,
    /// Cycles of lithium borate and of lithium phosphate in a supercycle.
    pub(crate) cycles: (u32, u32),
    pub(crate) temperature_c: f64,
    /// Growth per cycle, or per cycle averaged over a supercycle (Å).
    pub(crate) growth_angstrom: (f64, Origin),
    pub(crate) delay_cycles: (f64, Origin),
    /// Content (at.%) and its place in the paper.
    pub(crate) content_percent: (&'static [(&'static str, f64)], Origin),
    /// The beam of recoil detection.
    pub(crate) beam: Beam,
    pub(crate) cauchy: Cauchy,
    /// Density (g/cm³), section 3.2.1; between the end members by eye.
    pub(crate) density_g_per_cm3: f64,
    /// Counts of the strongest reflection, 0 where the film is amorphous.
    pub(crate) strongest_counts: f64,
    /// Ratio of the areas of non-bridging to bridging oxygen, if the film is measured by XPS.
    pub(crate) nbo_bo: Option<(f64, Origin)>,
}

/// The beams of section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beam {
    Mev9592,
    Mev8013,
}

impl Beam {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Mev9592 => "35Cl4+, 9.592 MeV, scattering angle 40 deg, tilt 20 deg",
            Self::Mev8013 => "35Cl4+, 8.013 MeV, scattering angle 40 deg, tilt 15 deg",
        }
    }
}

const TABLE_1: Origin = Origin::Paper("Table 1");
const TABLE_2: Origin = Origin::Paper("Table 2");
const NOT_PRINTED: Origin = Origin::Chosen("not printed");

/// The seven kinds of film: lithium borate at three temperatures, then with more and more phosphate at 300 °C.
pub(crate) fn materials() -> [Material; 7] {
    let borate = Material {
        label: "LBO-125",
        process: "LBO",
        cycles: (1, 0),
        temperature_c: 125.0,
        growth_angstrom: (0.5, Origin::Paper("3.1.1")),
        delay_cycles: (60.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 23.5), ("B", 22.2), ("O", 48.8), ("C", 1.0), ("Si", 0.4), ("N", 0.1), ("H", 3.9)],
            TABLE_1,
        ),
        beam: Beam::Mev9592,
        cauchy: Cauchy { a: 1.52, b_um2: 0.005, c_um4: 0.0 },
        density_g_per_cm3: 2.1,
        strongest_counts: 0.0,
        nbo_bo: Some((0.9, Origin::Paper("3.1.2"))),
    };
    let at_250 = Material {
        label: "LBO-250",
        temperature_c: 250.0,
        growth_angstrom: (0.4, Origin::Paper("3.1.1")),
        delay_cycles: (100.0, Origin::Paper("3.1.1, nearly 100")),
        content_percent: (
            &[("Li", 27.8), ("B", 19.5), ("O", 41.1), ("C", 0.7), ("Si", 1.1), ("N", 4.5), ("H", 5.3)],
            TABLE_1,
        ),
        nbo_bo: None,
        ..borate.clone()
    };
    let at_300 = Material {
        label: "LBO-300",
        temperature_c: 300.0,
        growth_angstrom: (BORATE_300C_ANGSTROM, Origin::Paper("3.1.1")),
        delay_cycles: (80.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 28.3), ("B", 20.7), ("O", 38.9), ("C", 1.2), ("Si", 0.7), ("N", 4.9), ("H", 5.4)],
            TABLE_1,
        ),
        beam: Beam::Mev8013,
        nbo_bo: Some((1.4, Origin::Paper("3.1.2"))),
        ..borate.clone()
    };
    let mixed_growth = Origin::Chosen("within the printed 0.5 to 0.6 Å of section 3.2.1, rising with phosphate");
    let half = Material {
        label: "LBPO-CR050",
        process: "LBPO",
        cycles: (1, 1),
        growth_angstrom: (0.525, mixed_growth),
        delay_cycles: (40.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 27.5), ("B", 13.6), ("P", 2.6), ("O", 41.1), ("C", 2.0), ("Si", 1.0), ("N", 3.9), ("H", 8.3)],
            TABLE_2,
        ),
        cauchy: Cauchy { a: 1.535, ..at_300.cauchy },
        density_g_per_cm3: 2.3,
        nbo_bo: Some((1.2, NOT_PRINTED)),
        ..at_300.clone()
    };
    let sixth = Material {
        label: "LBPO-CR017",
        cycles: (1, 5),
        growth_angstrom: (0.57, mixed_growth),
        delay_cycles: (25.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 28.7), ("B", 0.9), ("P", 10.4), ("O", 43.9), ("C", 4.5), ("Si", 0.6), ("N", 0.6), ("H", 10.3)],
            TABLE_2,
        ),
        density_g_per_cm3: 2.45,
        strongest_counts: 220.0,
        nbo_bo: None,
        ..half.clone()
    };
    let eleventh = Material {
        label: "LBPO-CR009",
        cycles: (1, 10),
        growth_angstrom: (0.60, mixed_growth),
        delay_cycles: (20.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 29.7), ("B", 0.1), ("P", 9.8), ("O", 45.5), ("C", 4.4), ("N", 0.3), ("H", 10.2)],
            TABLE_2,
        ),
        density_g_per_cm3: 2.5,
        strongest_counts: 260.0,
        ..sixth.clone()
    };
    let phosphate = Material {
        label: "LPO-300",
        process: "LPO",
        cycles: (0, 1),
        growth_angstrom: (PHOSPHATE_300C_ANGSTROM, Origin::Paper("3.2.1")),
        delay_cycles: (10.0, NOT_PRINTED),
        content_percent: (
            &[("Li", 28.7), ("P", 10.5), ("O", 40.4), ("C", 9.3), ("Si", 0.5), ("N", 0.7), ("H", 9.9)],
            TABLE_2,
        ),
        cauchy: Cauchy { a: 1.55, ..at_300.cauchy },
        strongest_counts: 120.0,
        ..eleventh.clone()
    };
    [borate, at_250, at_300, half, sixth, eleventh, phosphate]
}

impl Material {
    /// The paper's recipe of it, among the examples.
    pub(crate) fn example(&self) -> String {
        self.label.to_lowercase().replace('-', "_")
    }

    /// Gives the cycles of a supercycle the growth (nm) that belongs to them.
    pub(crate) fn grow(&self, supercycle: &mut [Vec<Dose>]) {
        let (borate, phosphate) = self.cycles;
        let (of_borate, of_phosphate) = match (borate, phosphate) {
            (_, 0) | (0, _) => (self.growth_angstrom.0, self.growth_angstrom.0),
            _ => {
                // Both grow as alone, but for one factor that makes their mean the film's.
                let mean = (f64::from(borate) * BORATE_300C_ANGSTROM + f64::from(phosphate) * PHOSPHATE_300C_ANGSTROM)
                    / f64::from(borate + phosphate);
                let factor = self.growth_angstrom.0 / mean;
                (factor * BORATE_300C_ANGSTROM, factor * PHOSPHATE_300C_ANGSTROM)
            }
        };
        for cycle in supercycle {
            let is_borate = cycle.iter().any(|dose| dose.precursor == "TMB");
            grow(cycle, if is_borate { of_borate } else { of_phosphate });
        }
    }

    /// Cycles for a film of this thickness (nm), in whole supercycles.
    pub(crate) fn cycles_for(&self, thickness_nm: f64) -> u32 {
        let cycles = self.delay_cycles.0 + thickness_nm * 10.0 / self.growth_angstrom.0;
        let of_supercycle = self.cycles.0 + self.cycles.1;
        (cycles / f64::from(of_supercycle)).round() as u32 * of_supercycle
    }
}

/// Parts the growth of a cycle (Å) among its doses.
pub(crate) fn grow(cycle: &mut [Dose], growth_angstrom: f64) {
    let is_borate = cycle.iter().any(|dose| dose.precursor == "TMB");
    let parts: &[(&str, f64)] = if is_borate { &BORATE_PARTS } else { &PHOSPHATE_PARTS };
    for dose in cycle {
        let part = parts.iter().find(|(precursor, _)| *precursor == dose.precursor).map_or(0.0, |(_, part)| *part);
        dose.step_nm = part * growth_angstrom / 10.0;
    }
}

/// Doses of LiHMDS, H2O and TMB (s) of the saturation runs at 250 °C, and the growth they give (Å).
///
/// The paper prints the optimum and its growth. For the others it states in words that growth falls with the dose of
/// LiHMDS, that H2O saturates fast and that TMB needs longer; their numbers are chosen.
pub(crate) const SATURATION: [([f64; 3], f64); 10] = [
    ([20.0, 5.0, 20.0], 0.40),
    ([5.0, 5.0, 20.0], 0.55),
    ([10.0, 5.0, 20.0], 0.46),
    ([40.0, 5.0, 20.0], 0.37),
    ([20.0, 1.0, 20.0], 0.33),
    ([20.0, 2.0, 20.0], 0.395),
    ([20.0, 10.0, 20.0], 0.40),
    ([20.0, 5.0, 5.0], 0.24),
    ([20.0, 5.0, 10.0], 0.34),
    ([20.0, 5.0, 40.0], 0.405),
];

/// Behaviour of an electrode with a coating of 10 nm, or without one.
///
/// Printed are an order of kinetics and of stability, the onset of the uncoated electrode, and that lithium borate
/// shows none up to 6 V; the numbers between are chosen to follow that order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Coating {
    /// Label of the material; `None` for the bare electrode.
    pub(crate) label: Option<&'static str>,
    /// Distance of anodic and cathodic peak (V).
    pub(crate) separation_v: f64,
    /// Rate (C) at which half of the capacity is left.
    pub(crate) half_rate_c: f64,
    /// Onset of oxidation on platinum (V against Li⁺/Li).
    pub(crate) onset_v: Option<f64>,
    pub(crate) onset_origin: Origin,
}

const ORDER_ONLY: Origin = Origin::Chosen("section 3.2.1 gives the order only");

/// Coatings and the bare electrode.
pub(crate) const COATINGS: [Coating; 6] = [
    coating(None, 0.060, 200.0, Some(4.1), Origin::Paper("3.2.1")),
    coating(Some("LBO-300"), 0.055, 200.0, None, Origin::Paper("3.2.1, no increase up to 6 V")),
    coating(Some("LBPO-CR050"), 0.040, 300.0, Some(5.8), ORDER_ONLY),
    coating(Some("LBPO-CR017"), 0.090, 25.0, Some(5.6), ORDER_ONLY),
    coating(Some("LBPO-CR009"), 0.100, 18.0, Some(5.4), ORDER_ONLY),
    coating(Some("LPO-300"), 0.120, 12.0, Some(5.2), ORDER_ONLY),
];

const fn coating(
    label: Option<&'static str>,
    separation_v: f64,
    half_rate_c: f64,
    onset_v: Option<f64>,
    onset_origin: Origin,
) -> Coating {
    Coating { label, separation_v, half_rate_c, onset_v, onset_origin }
}

/// Area of the electrodes in the liquid cell (cm²), section 2.
pub(crate) const CELL_AREA_CM2: f64 = 1.05;
/// Current density at 1C (µA/cm²), section 2; an hour of it is the capacity (µAh/cm²).
pub(crate) const CURRENT_1C_UA_PER_CM2: f64 = 6.0;

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of the printed rows: between 99.9 and 100.1.
    #[test]
    fn contents_add_up_as_the_printed_rows_do() {
        let sums =
            materials().map(|material| material.content_percent.0.iter().map(|(_, percent)| percent).sum::<f64>());
        for (sum, expected) in sums.iter().zip([99.9, 100.0, 100.1, 100.0, 99.9, 100.0, 100.0]) {
            assert!((sum - expected).abs() < 1e-9, "{sum}");
        }
    }

    #[test]
    fn a_supercycle_grows_as_much_a_cycle_as_the_film() {
        for material in materials() {
            let text = crate::recipe_sheet::text(&material.example(), "x", material.temperature_c, 1);
            let mut supercycle = crate::recipe_sheet::doses(&text);
            assert_eq!(supercycle.len() as u32, material.cycles.0 + material.cycles.1, "{}", material.label);
            material.grow(&mut supercycle);
            let growth: f64 = supercycle.iter().flatten().map(|dose| dose.step_nm).sum::<f64>() * 10.0;
            let mean = growth / supercycle.len() as f64;
            assert!((mean - material.growth_angstrom.0).abs() < 1e-12, "{}: {mean}", material.label);
        }
    }

    #[test]
    fn films_consist_of_whole_supercycles() {
        let cycles = materials().map(|material| material.cycles_for(60.0));
        assert_eq!(cycles, [1260, 1600, 1794, 1182, 1080, 1023, 867]);
    }
}
