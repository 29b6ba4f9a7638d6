//! What people of the synthetic laboratory write by hand: samples and recipes, as TOML.
//!
//! The recipe is the lithium borate process of Verhelle et al., Chem. Mater. 37, 687 (2025), section 3.1.1, as far
//! as it is printed: LiHMDS 20 s, H₂O 5 s with 60 s of pumping, TMB 20 s. The paper does not print the pumping times
//! after LiHMDS and TMB, so they are left out. Nor does it print the cycles of the 80 nm films: they come from the
//! thickness and the growth per cycle, 0.5, 0.4 and 0.35 Å at 125, 250 and 300 °C, without a nucleation delay.

use crate::campaign::Campaign;
use crate::film::FilmTruth;

pub(crate) const NOTE: &str = "synthetic: invented for a demonstration, no such film was deposited";

/// Layers below the film; section 2 of the paper.
const SUBSTRATE: &str = "Si / 300 nm SiO2 / 10 nm TiO2 / 80 nm Pt";

/// Name of a film's recipe. Films of one temperature and thickness have the same.
pub(crate) fn recipe_name(film: &FilmTruth) -> String {
    format!("synthetic-LBO-{}C-{}nm", film.deposition_temperature_c, film.thickness_nm)
}

/// The recipe of a film.
pub(crate) fn recipe(film: &FilmTruth) -> String {
    let cycles = (film.thickness_nm * 10.0 / growth_per_cycle_angstrom(film.deposition_temperature_c)).round();
    format!(
        "# {NOTE}.\n\
         name = {name}\n\
         process = \"LBO\"\n\
         deposition_temperature_c = {temperature:?}\n\
         cycles = {cycles}\n\
         note = \"{NOTE}\"\n\
         \n\
         [[step]]\n\
         precursor = \"LiHMDS\"\n\
         dose_s = 20.0\n\
         \n\
         [[step]]\n\
         precursor = \"H2O\"\n\
         dose_s = 5.0\n\
         pump_s = 60.0\n\
         \n\
         [[step]]\n\
         precursor = \"TMB\"\n\
         dose_s = 20.0\n",
        name = quoted(&recipe_name(film)),
        temperature = film.deposition_temperature_c,
    )
}

/// The samples of a campaign.
pub(crate) fn samples(campaign: &Campaign) -> String {
    let mut text = format!("# {NOTE}.\n");
    for film in &campaign.films {
        text += &format!(
            "\n[[sample]]\n\
             sample_id = {sample}\n\
             recipe = {recipe}\n\
             thickness_nm = {thickness:?}\n\
             thickness_err_nm = {thickness_err:?}\n\
             substrate = \"{SUBSTRATE}\"\n\
             synthetic = true\n\
             note = \"{NOTE}\"\n\
             electrodes = [\n",
            sample = quoted(&film.sample_id),
            recipe = quoted(&recipe_name(film)),
            thickness = film.thickness_nm,
            thickness_err = film.thickness_err_nm,
        );
        for dot in campaign.dots(film.instrument) {
            text += &format!(
                "    {{ dot = {}, diameter_um = {:?}, area_cm2 = {:.6e} }},\n",
                quoted(&dot.label),
                dot.diameter_um,
                dot.area_cm2()
            );
        }
        text += "]\n";
    }
    text
}

/// Between the printed temperatures on a straight line, outside them constant.
fn growth_per_cycle_angstrom(temperature_c: f64) -> f64 {
    match temperature_c {
        t if t <= 125.0 => 0.5,
        t if t <= 250.0 => 0.5 - 0.1 * (t - 125.0) / 125.0,
        t if t <= 300.0 => 0.4 - 0.05 * (t - 250.0) / 50.0,
        _ => 0.35,
    }
}

/// A basic string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control.is_control() => quoted += &format!("\\u{:04X}", u32::from(control)),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
