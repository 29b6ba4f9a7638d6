//! The samples other than those for impedance: runs followed in situ, films for each technique, electrodes.

use crate::model::growth::Dose;
use crate::paper::{BORATE_DOSES_S, COATINGS, Coating, Material, SATURATION, grow, materials};
use crate::recipe_sheet;
use crate::truth::Origin;

/// Cycles of straight growth in a run that was watched, and cycles of a saturation run.
const STRAIGHT_CYCLES: f64 = 150.0;
const SATURATION_CYCLES: u32 = 40;
/// Cycles without water.
const FRUITLESS_CYCLES: u32 = 60;
/// Thicknesses of films for recoils and diffraction, for photoelectrons, and of coatings (nm).
const FILM_NM: f64 = 60.0;
const THIN_NM: f64 = 15.0;
const COATING_NM: f64 = 10.0;

/// The series of runs of one recipe: its label, temperature (°C), runs, cycles of each, growth per cycle (Å), first run after the refill of LiHMDS, and
/// relative fall of the growth from run to run before it. The temperature is one at which nothing else is deposited.
pub(crate) const SERIES: &str = "LBO-225-series";
const SERIES_LABEL: &str = "LBO-225";
const SERIES_C: f64 = 225.0;
const SERIES_RUNS: u32 = 15;
const SERIES_CYCLES: u32 = 60;
const SERIES_ANGSTROM: f64 = 0.42;
pub(crate) const SERIES_REFILL: u32 = 8;
const SERIES_DRIFT: f64 = 0.006;

const WAFER: &str = "Si with native oxide";
/// Section 2.
const OXIDE_ELECTRODE: &str = "Si / 300 nm SiO2 / 10 nm TiO2 / 100 nm Pt / 90 nm LiMn2O4";
const PLATINUM_ELECTRODE: &str = "Si / 300 nm SiO2 / 10 nm TiO2 / 100 nm Pt";

/// What a sample was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Watched from the bare wafer on.
    Growth,
    /// Watched with other doses, on a film.
    Saturation,
    /// Watched without doses of water.
    WithoutWater,
    /// Watched, one of many runs of one recipe, on a film.
    Series,
    /// Recoils, diffraction, ellipsometry.
    Film,
    /// Photoelectrons.
    Thin,
    /// LiMn2O4 with this coating.
    OnOxide(Coating),
    /// Platinum with this coating.
    OnPlatinum(Coating),
}

/// A sample, and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deposited {
    pub(crate) sample_id: String,
    pub(crate) kind: Kind,
    pub(crate) material: Material,
    /// Text of the recipe; empty for a bare electrode.
    pub(crate) recipe: String,
    /// What the recipe does in one run of its sequence.
    pub(crate) supercycle: Vec<Vec<Dose>>,
    /// Cycles in all; 0 where nothing was deposited.
    pub(crate) cycles: u32,
    pub(crate) delay_cycles: (f64, Origin),
    /// Growth per cycle once it is steady (Å).
    pub(crate) growth_angstrom: (f64, Origin),
    /// Thickness of the film (nm), 0 where there is none.
    pub(crate) thickness_nm: f64,
    pub(crate) thickness_err_nm: f64,
    pub(crate) substrate: &'static str,
}

/// All samples.
pub(crate) fn deposited() -> Vec<Deposited> {
    let materials = materials();
    let mut samples: Vec<Deposited> = materials.iter().map(watched).collect();
    samples.extend(SATURATION.iter().map(|(doses_s, growth)| saturation(&materials[1], *doses_s, *growth)));
    samples.push(without_water(&materials[1]));
    samples.extend(materials.iter().map(|material| film(material, Kind::Film, FILM_NM, "60nm", WAFER)));
    let thin = materials.iter().filter(|material| material.nbo_bo.is_some());
    samples.extend(thin.map(|material| film(material, Kind::Thin, THIN_NM, "15nm", WAFER)));
    for coating in COATINGS {
        samples.push(electrode(&materials, coating, Kind::OnOxide(coating), "LMO", OXIDE_ELECTRODE));
    }
    for coating in COATINGS {
        samples.push(electrode(&materials, coating, Kind::OnPlatinum(coating), "Pt", PLATINUM_ELECTRODE));
    }
    samples.extend((0..SERIES_RUNS).map(|run| series(&materials[1], run)));
    samples
}

fn film(material: &Material, kind: Kind, thickness_nm: f64, purpose: &str, substrate: &'static str) -> Deposited {
    let sample_id = format!("synthetic-{}-{purpose}", material.label);
    let cycles = material.cycles_for(thickness_nm);
    let recipe = recipe(material, kind, &sample_id, &material.example(), cycles);
    let mut supercycle = recipe_sheet::doses(&recipe);
    material.grow(&mut supercycle);
    Deposited {
        sample_id,
        kind,
        material: material.clone(),
        recipe,
        supercycle,
        cycles,
        delay_cycles: material.delay_cycles,
        growth_angstrom: material.growth_angstrom,
        thickness_nm,
        thickness_err_nm: 0.5,
        substrate,
    }
}

/// The recipe of a sample. Films made alike have the same.
fn recipe(material: &Material, kind: Kind, sample_id: &str, example: &str, cycles: u32) -> String {
    let name = match kind {
        Kind::Growth | Kind::Saturation | Kind::WithoutWater => sample_id.to_owned(),
        Kind::Series => format!("synthetic-{SERIES}"),
        _ => format!("synthetic-{}-{cycles}-cycles", material.label),
    };
    let of_sequence = (material.cycles.0 + material.cycles.1).max(1);
    recipe_sheet::text(example, &name, material.temperature_c, cycles / of_sequence)
}

fn watched(material: &Material) -> Deposited {
    let cycles = material.cycles_for(STRAIGHT_CYCLES * material.growth_angstrom.0 / 10.0);
    let straight = f64::from(cycles) - material.delay_cycles.0;
    let thickness_nm = straight * material.growth_angstrom.0 / 10.0;
    let watched = film(material, Kind::Growth, thickness_nm, "in-situ", WAFER);
    let recipe = recipe(material, Kind::Growth, &watched.sample_id, &material.example(), cycles);
    Deposited { cycles, recipe, ..watched }
}

fn saturation(material: &Material, doses_s: [f64; 3], growth_angstrom: f64) -> Deposited {
    let [lithium, water, borate] = doses_s;
    let growth_origin = if doses_s == BORATE_DOSES_S {
        material.growth_angstrom.1
    } else {
        Origin::Chosen("section 3.1.1 describes in words how growth depends on the doses")
    };
    let thickness_nm = f64::from(SATURATION_CYCLES) * growth_angstrom / 10.0;
    let purpose = format!("dose-{lithium}-{water}-{borate}");
    let sample = film(material, Kind::Saturation, thickness_nm, &purpose, "LBO film on Si");
    let example = format!("{}_saturation_{lithium}_{water}_{borate}", material.example());
    let recipe = recipe(material, Kind::Saturation, &sample.sample_id, &example, SATURATION_CYCLES);
    let mut supercycle = recipe_sheet::doses(&recipe);
    for cycle in &mut supercycle {
        grow(cycle, growth_angstrom);
    }
    Deposited {
        recipe,
        supercycle,
        cycles: SATURATION_CYCLES,
        // It grows on a film: from the first cycle on, as if the delay were long past.
        delay_cycles: (-100.0, Origin::Chosen("a film grows on itself without a delay")),
        growth_angstrom: (growth_angstrom, growth_origin),
        ..sample
    }
}

/// One of many runs of one recipe: growth falls as the precursor is used up, returns with its refill, and the last run is off.
fn series(material: &Material, run: u32) -> Deposited {
    let number = run + 1;
    let growth_angstrom = SERIES_ANGSTROM * (1.0 + series_change(run));
    let thickness_nm = f64::from(SERIES_CYCLES) * growth_angstrom / 10.0;
    let purpose = format!("series-{number:02}");
    let material = Material { label: SERIES_LABEL, temperature_c: SERIES_C, ..material.clone() };
    let sample = film(&material, Kind::Series, thickness_nm, &purpose, "LBO film on Si");
    let recipe = recipe(&material, Kind::Series, &sample.sample_id, "lbo_250", SERIES_CYCLES);
    let mut supercycle = recipe_sheet::doses(&recipe);
    for cycle in &mut supercycle {
        grow(cycle, growth_angstrom);
    }
    Deposited {
        recipe,
        supercycle,
        cycles: SERIES_CYCLES,
        delay_cycles: (-100.0, Origin::Chosen("a film grows on itself without a delay")),
        growth_angstrom: (growth_angstrom, Origin::Chosen("drift and refill for control charts")),
        ..sample
    }
}

/// The change of the growth of a run of the series, relative: it scatters by half a percent, falls by [`SERIES_DRIFT`] a run until the refill, and
/// the last run is 8 % low.
fn series_change(run: u32) -> f64 {
    const SCATTER: [f64; SERIES_RUNS as usize] =
        [0.002, -0.004, 0.005, -0.003, 0.004, -0.005, 0.003, -0.002, 0.004, -0.005, 0.003, 0.005, -0.004, 0.002, -0.08];
    let drift = if run < SERIES_REFILL { -SERIES_DRIFT * f64::from(run) } else { 0.0 };
    drift + SCATTER[run as usize]
}

fn without_water(material: &Material) -> Deposited {
    let sample = film(material, Kind::WithoutWater, 0.0, "no-water", WAFER);
    let recipe = recipe(material, Kind::WithoutWater, &sample.sample_id, "lihmds_tmb_250", FRUITLESS_CYCLES);
    Deposited {
        supercycle: recipe_sheet::doses(&recipe),
        recipe,
        cycles: FRUITLESS_CYCLES,
        growth_angstrom: (0.0, Origin::Paper("3.1.1, Figure 1a")),
        ..sample
    }
}

fn electrode(
    materials: &[Material],
    coating: Coating,
    kind: Kind,
    electrode: &str,
    substrate: &'static str,
) -> Deposited {
    let material = materials.iter().find(|material| Some(material.label) == coating.label);
    match material {
        Some(material) => {
            let coated = film(material, kind, COATING_NM, &format!("on-{electrode}"), substrate);
            Deposited { thickness_err_nm: 0.3, ..coated }
        }
        None => Deposited {
            sample_id: format!("synthetic-{electrode}-bare"),
            cycles: 0,
            thickness_nm: 0.0,
            ..film(&materials[0], kind, COATING_NM, "", substrate)
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::technique::{FIRST_MINUTES, in_situ};
    use std::collections::BTreeSet;

    #[test]
    fn sample_names_are_distinct_and_contain_no_separator_of_path_rules() {
        let samples = deposited();
        let names: BTreeSet<&str> = samples.iter().map(|sample| sample.sample_id.as_str()).collect();
        assert_eq!(names.len(), samples.len());
        for name in names {
            assert!(name.starts_with("synthetic-"), "{name}");
            assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-'), "{name}");
        }
    }

    #[test]
    fn a_run_ends_before_the_next_begins_and_all_before_the_first_film_is_measured() {
        let samples = deposited();
        for (index, sample) in samples.iter().enumerate() {
            let cycle_s: f64 = sample.supercycle.iter().flatten().map(|dose| dose.dose_s + dose.pump_s).sum::<f64>()
                / sample.supercycle.len() as f64;
            let end_minutes = in_situ::start_minutes(index) + (f64::from(sample.cycles) * cycle_s / 60.0) as i64;
            assert!(end_minutes < in_situ::start_minutes(index + 1), "{}", sample.sample_id);
            assert!(end_minutes < FIRST_MINUTES, "{}", sample.sample_id);
        }
    }

    #[test]
    fn bare_electrodes_have_no_cycles_and_no_film() {
        let bare: Vec<_> = deposited().into_iter().filter(|sample| sample.sample_id.ends_with("-bare")).collect();
        assert_eq!(bare.len(), 2);
        assert!(bare.iter().all(|sample| sample.cycles == 0 && sample.thickness_nm == 0.0));
    }
}
