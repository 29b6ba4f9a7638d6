//! The spectra of the synthetic laboratory, evaluated by the kernels: the invented truth comes back.

use aldb_fit::arrhenius::{ArrheniusFit, ArrheniusOptions, ArrheniusPoint, fit_arrhenius};
use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CnlsOptions, fit_circuit};
use aldb_fit::conductivity::{Measured, conductivity};
use aldb_fit::spectrum::Spectrum;
use aldb_lab::{Campaign, FilmTruth, SyntheticSpectrum};

/// Conductivity from one spectrum, with the fit's uncertainty only.
fn evaluated(film: &FilmTruth, spectrum: &SyntheticSpectrum, dot: u32) -> ArrheniusPoint {
    let column = |value: fn(&(f64, f64, f64)) -> f64| spectrum.points.iter().map(value).collect::<Vec<f64>>();
    let (frequency_hz, z_re_ohm, z_im_ohm) =
        (column(|point| point.0), column(|point| point.1), column(|point| point.2));
    let circuit = Circuit::parse("R0-p(R1,CPE1)-CPE2").expect("a circuit");
    let data = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
    let fit = fit_circuit(&circuit, data, &CnlsOptions::default()).expect("a fit");
    let r1 = fit.parameters.iter().find(|parameter| parameter.name == "R1").expect("R1");
    let exact = |value| Measured { value, std_err: 0.0 };
    let measured = Measured { value: r1.value, std_err: r1.std_err.expect("R1 is determined") };
    let sigma = conductivity(exact(film.thickness_nm), measured, exact(spectrum.dot.area_cm2())).expect("σ");
    ArrheniusPoint {
        temperature_c: spectrum.temperature_c,
        sigma_s_per_cm: sigma.sigma_s_per_cm,
        sigma_err_s_per_cm: sigma.sigma_err_s_per_cm,
        dot: Some(dot),
        suspect: false,
    }
}

fn lines(campaign: &Campaign) -> Vec<ArrheniusFit> {
    let line = |(index, film): (usize, &FilmTruth)| {
        let points: Vec<_> = campaign
            .spectra(index)
            .iter()
            .map(|spectrum| evaluated(film, spectrum, spectrum.dot.diameter_um as u32))
            .collect();
        fit_arrhenius(&points, &ArrheniusOptions::default()).expect("a line")
    };
    campaign.truth().iter().enumerate().map(line).collect()
}

#[test]
fn spectra_without_noise_give_back_the_truth() {
    let campaign = Campaign { repeats: 1, ..Campaign::default() }.noise_free();
    for (film, line) in campaign.truth().iter().zip(lines(&campaign)) {
        assert!((line.ea_ev - film.ea_ev).abs() < 1e-6, "{}: {} eV", film.sample_id, line.ea_ev);
        let ratio = line.sigma_25c_s_per_cm / film.sigma_25c_s_per_cm;
        assert!((ratio - 1.0).abs() < 1e-6, "{}: {ratio}", film.sample_id);
    }
}

/// The uncertainty of σ that a user is shown holds the thickness too.
#[test]
fn the_default_campaign_gives_back_the_truth_within_two_standard_uncertainties() {
    let campaign = Campaign::default();
    for (film, line) in campaign.truth().iter().zip(lines(&campaign)) {
        let off_ea = (line.ea_ev - film.ea_ev) / line.ea_err_ev;
        assert!(off_ea.abs() < 2.0, "{}: Eₐ is off by {off_ea} standard uncertainties", film.sample_id);
        let relative =
            (line.sigma_25c_err_s_per_cm / line.sigma_25c_s_per_cm).hypot(film.thickness_err_nm / film.thickness_nm);
        let off_sigma = (line.sigma_25c_s_per_cm / film.sigma_25c_s_per_cm - 1.0) / relative;
        assert!(off_sigma.abs() < 2.0, "{}: σ is off by {off_sigma} standard uncertainties", film.sample_id);
    }
}
