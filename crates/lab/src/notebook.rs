//! What people of the synthetic laboratory write by hand: samples and recipes, as TOML.
//!
//! The paper does not print the cycles of the 80 nm films: they come from the thickness and the growth per cycle, 0.5, 0.4
//! and 0.35 Å at 125, 250 and 300 °C (section 3.1.1), without a nucleation delay.

use crate::film::{FilmTruth, Instrument};
use crate::recipe_sheet;
use crate::spectrum::Dot;

pub(crate) const NOTE: &str = "synthetic: invented for a demonstration, no such film was deposited";

/// Layers below the film; section 2 of the paper.
const SUBSTRATE: &str = "Si / 300 nm SiO2 / 10 nm TiO2 / 80 nm Pt";

/// Name of a film's recipe. Films of one temperature and thickness have the same.
pub(crate) fn recipe_name(film: &FilmTruth) -> String {
    format!("synthetic-LBO-{}C-{}nm", film.deposition_temperature_c, film.thickness_nm)
}

/// The recipe of a film: the paper's of the nearest temperature, at the film's own.
pub(crate) fn recipe(film: &FilmTruth) -> String {
    let temperature_c = film.deposition_temperature_c;
    let cycles = (film.thickness_nm * 10.0 / growth_per_cycle_angstrom(temperature_c)).round().max(1.0) as u32;
    let example = match temperature_c {
        t if t < 187.5 => "lbo_125",
        t if t < 275.0 => "lbo_250",
        _ => "lbo_300",
    };
    recipe_sheet::text(example, &recipe_name(film), temperature_c, cycles)
}

/// The samples of a campaign, with the electrodes that they have for an instrument.
pub(crate) fn samples(films: &[FilmTruth], dots: impl Fn(Instrument) -> Vec<Dot>) -> String {
    let mut text = format!("# {NOTE}.\n");
    for film in films {
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
        for dot in dots(film.instrument) {
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
