//! What people write down about the samples beside those for impedance: runs, samples and recipes, as TOML.
//!
//! Doses are the paper's where it prints them; pumping after LiHMDS and TMB and all of lithium phosphate's times are chosen,
//! which every recipe's note says. Supercycles are written as the cycles that they are made of, each with its repeats.

use crate::deposited::{Deposited, Kind};
use crate::model::growth::Dose;
use crate::notebook::{NOTE, quoted};
use crate::number::Timestamp;
use crate::technique::in_situ;

/// Name of the recipe of a sample. Samples made alike have the same.
pub(crate) fn recipe_name(sample: &Deposited) -> String {
    match sample.kind {
        Kind::Growth | Kind::Saturation | Kind::WithoutWater => sample.sample_id.clone(),
        _ => format!("synthetic-{}-{}-cycles", sample.material.label, sample.cycles),
    }
}

/// The recipe of a sample that was deposited.
pub(crate) fn recipe(sample: &Deposited) -> String {
    let mut text = format!(
        "# {NOTE}.\n\
         name = {name}\n\
         process = \"{process}\"\n\
         deposition_temperature_c = {temperature:?}\n\
         cycles = {cycles}\n\
         note = \"{NOTE}; pumping after LiHMDS and TMB, and all times of lithium phosphate, are not printed in the paper\"\n",
        name = quoted(&recipe_name(sample)),
        process = sample.material.process,
        temperature = sample.material.temperature_c,
        cycles = sample.cycles,
    );
    if let [only] = sample.supercycle.as_slice() {
        for dose in only {
            text += "\n[[step]]\n";
            text += &step(dose);
        }
        return text;
    }
    let same_doses = |a: &Vec<Dose>, b: &Vec<Dose>| a == b;
    for alike in sample.supercycle.chunk_by(same_doses) {
        let [doses, ..] = alike else { continue };
        let process = if doses.iter().any(|dose| dose.precursor == "TMB") { "LBO" } else { "LPO" };
        text += &format!("\n[[subcycle]]\nprocess = \"{process}\"\nrepeat = {}\n", alike.len());
        for dose in doses {
            text += "\n[[subcycle.step]]\n";
            text += &step(dose);
        }
    }
    text
}

fn step(dose: &Dose) -> String {
    format!("precursor = \"{}\"\ndose_s = {:?}\npump_s = {:?}\n", dose.precursor, dose.dose_s, dose.pump_s)
}

/// The runs and samples.
pub(crate) fn samples(samples: &[Deposited]) -> String {
    let mut text = format!("# {NOTE}.\n");
    for (index, sample) in samples.iter().enumerate() {
        let run = format!("{}-run", sample.sample_id);
        if sample.cycles > 0 {
            let Timestamp { year, month, day, hour, minute } = Timestamp::after_opening(in_situ::start_minutes(index));
            text += &format!(
                "\n[[run]]\n\
                 run_id = {run}\n\
                 recipe = {recipe}\n\
                 reactor = \"synthetic\"\n\
                 started_at = \"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:00\"\n\
                 note = \"{NOTE}\"\n",
                run = quoted(&run),
                recipe = quoted(&recipe_name(sample)),
            );
        }
        text += &format!("\n[[sample]]\nsample_id = {}\n", quoted(&sample.sample_id));
        if sample.cycles > 0 {
            text += &format!("run = {}\nrecipe = {}\n", quoted(&run), quoted(&recipe_name(sample)));
        }
        if sample.thickness_nm > 0.0 {
            text += &format!("thickness_nm = {:?}\n", rounded(sample.thickness_nm));
            text += &format!("thickness_err_nm = {:?}\n", sample.thickness_err_nm);
        }
        text += &format!("substrate = \"{}\"\nsynthetic = true\nnote = \"{NOTE}\"\n", sample.substrate);
    }
    text
}

/// To a tenth of a picometre, so that a product of two decimal numbers is written as one.
fn rounded(thickness_nm: f64) -> f64 {
    (thickness_nm * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deposited::deposited;

    fn recipe_of(sample_id: &str) -> String {
        deposited().iter().find(|sample| sample.sample_id == sample_id).map(recipe).unwrap()
    }

    #[test]
    fn a_supercycle_names_its_cycles_with_their_repeats() {
        let text = recipe_of("synthetic-LBPO-CR017-60nm");
        assert!(text.contains("[[subcycle]]\nprocess = \"LBO\"\nrepeat = 1\n"), "{text}");
        assert!(text.contains("[[subcycle]]\nprocess = \"LPO\"\nrepeat = 5\n"), "{text}");
        assert_eq!(text.matches("[[subcycle.step]]").count(), 5);
    }

    #[test]
    fn a_plain_process_is_a_list_of_steps() {
        let text = recipe_of("synthetic-LPO-300-60nm");
        assert_eq!((text.matches("[[step]]").count(), text.matches("[[subcycle]]").count()), (2, 0));
        assert!(text.contains("cycles = 867\n"));
    }

    #[test]
    fn a_bare_electrode_has_neither_run_nor_recipe() {
        let text = samples(&deposited());
        let bare = text.split("\n[[").find(|part| part.contains("synthetic-Pt-bare")).unwrap();
        assert!(bare.starts_with("sample]]") && !bare.contains("recipe") && !bare.contains("thickness_nm"), "{bare}");
    }
}
