//! Descriptions of the samples other than those for impedance: runs and samples, as TOML.

use crate::deposited::{Deposited, Kind, SERIES_REFILL};
use crate::notebook::{NOTE, quoted};
use crate::opening::after_opening;
use crate::technique::in_situ;

/// Name of the recipe of a sample.
pub(crate) fn recipe_name(sample: &Deposited) -> String {
    aldb_recipe::Recipe::from_toml(&sample.recipe).map(|recipe| recipe.name).unwrap_or_default()
}

/// The runs and samples.
pub(crate) fn samples(samples: &[Deposited]) -> String {
    let mut text = format!("# {NOTE}.\n");
    for (index, sample) in samples.iter().enumerate() {
        let run = format!("{}-run", sample.sample_id);
        if sample.cycles > 0 {
            let started_at = after_opening(in_situ::start_minutes(index)).strftime("%Y-%m-%dT%H:%M:%S");
            text += &format!(
                "\n[[run]]\n\
                 run_id = {run}\n\
                 recipe = {recipe}\n\
                 reactor = \"synthetic\"\n\
                 started_at = \"{started_at}\"\n\
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
    let mut in_series = samples.iter().enumerate().filter(|(_, sample)| sample.kind == Kind::Series);
    if let Some((index, _)) = in_series.nth(SERIES_REFILL as usize) {
        // A day before the run.
        let at = after_opening(in_situ::start_minutes(index) - 1440).strftime("%Y-%m-%dT%H:%M:%S");
        text += &format!(
            "\n[[event]]\nkind = \"refill\"\nat = \"{at}\"\nreactor = \"synthetic\"\nprecursor = \"LiHMDS\"\nnote = \"{NOTE}\"\n"
        );
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

    #[test]
    fn every_recipe_is_read_and_states_its_number_of_cycles() {
        for sample in deposited().iter().filter(|sample| sample.cycles > 0) {
            let recipe = aldb_recipe::Recipe::from_toml(&sample.recipe).unwrap();
            let in_all = recipe.times().unwrap() * u32::try_from(sample.supercycle.len()).unwrap();
            assert_eq!(in_all, sample.cycles, "{}", sample.sample_id);
            assert!(recipe.name.starts_with("synthetic-"), "{}", recipe.name);
        }
    }

    #[test]
    fn the_runs_of_a_series_have_one_recipe_and_a_refill_between_them() {
        let samples = deposited();
        let in_series: Vec<_> = samples.iter().filter(|sample| sample.kind == Kind::Series).collect();
        assert!(in_series.len() > SERIES_REFILL as usize + 5);
        assert!(in_series.iter().all(|sample| sample.recipe == in_series[0].recipe));
        let text = super::samples(&samples);
        assert_eq!(text.matches("[[event]]\nkind = \"refill\"").count(), 1);
    }

    #[test]
    fn a_bare_electrode_has_neither_run_nor_recipe() {
        let text = samples(&deposited());
        let bare = text.split("\n[[").find(|part| part.contains("synthetic-Pt-bare")).unwrap();
        assert!(bare.starts_with("sample]]") && !bare.contains("recipe") && !bare.contains("thickness_nm"), "{bare}");
    }
}
