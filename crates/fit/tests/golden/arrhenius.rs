//! Activation energies of thin-film spectra with known truth: from spectrum to Arrhenius line.

use crate::files::json;
use aldb_fit::arrhenius::{ArrheniusForm, ArrheniusOptions, ArrheniusPoint, fit_arrhenius};
use test_support::real_files;

#[test]
fn unweighted_lines_are_those_of_the_golden_regression() {
    let Some(folder) = real_files("") else { return };
    let golden = json(&folder.join("eis_b/golden/synthetic_R0_R1Q1_Q2.json"));
    for line in golden["arrhenius_ols_ln_sigma_vs_1_over_T"].as_array().unwrap() {
        let points: Vec<_> = golden["spectra"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|spectrum| line["dot"] == "all" || spectrum["dot"] == line["dot"])
            .map(|spectrum| ArrheniusPoint {
                temperature_c: spectrum["T_C"].as_f64().unwrap(),
                sigma_s_per_cm: spectrum["fit_sigma_S_cm"].as_f64().unwrap(),
                sigma_err_s_per_cm: 0.0,
                dot: None,
                suspect: false,
            })
            .collect();
        let fit = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap();
        let number = |key: &str| line[key].as_f64().unwrap();
        assert!((fit.ea_ev - number("Ea_eV")).abs() < 1e-9, "{} {}", fit.ea_ev, number("Ea_eV"));
        assert!((fit.sigma_25c_s_per_cm / number("sigma25_S_cm") - 1.0).abs() < 1e-9);
        assert!((fit.ea_err_ev / number("Ea_std_err") - 1.0).abs() < 1e-6, "{}", fit.ea_err_ev);
    }
}

#[test]
fn both_forms_agree_with_the_golden_lines_dot_by_dot() {
    let Some(folder) = real_files("") else { return };
    let golden = json(&folder.join("eis/golden/synthetic/synthetic_R0_R1Q1_Q2.truth.json"));
    for (name, line) in golden["arrhenius_from_fits"].as_object().unwrap() {
        let (dataset, dot) = name.split_once('/').unwrap();
        let points: Vec<_> = golden["fits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|fit| fit["dataset"] == dataset && format!("{}um", fit["dot_diameter_um"]) == dot)
            .map(|fit| ArrheniusPoint {
                temperature_c: fit["temperature_C"].as_f64().unwrap(),
                sigma_s_per_cm: fit["sigma_S_cm"].as_f64().unwrap(),
                sigma_err_s_per_cm: 0.0,
                dot: None,
                suspect: false,
            })
            .collect();
        assert_eq!(points.len(), 4, "{name}");
        let forms = [(ArrheniusForm::LnSigma, "Ea_eV_ln_sigma"), (ArrheniusForm::LnSigmaT, "Ea_eV_ln_sigmaT")];
        for (form, key) in forms {
            let fit = fit_arrhenius(&points, &ArrheniusOptions { form }).unwrap();
            assert!((fit.ea_ev - line[key].as_f64().unwrap()).abs() < 1e-9, "{name} {key}: {}", fit.ea_ev);
        }
        let fit = fit_arrhenius(&points, &ArrheniusOptions::default()).unwrap();
        let sigma = line["sigma25_S_cm"].as_f64().unwrap();
        assert!((fit.sigma_25c_s_per_cm / sigma - 1.0).abs() < 1e-9, "{name}: {}", fit.sigma_25c_s_per_cm);
    }
}
