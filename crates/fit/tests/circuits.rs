//! Circuit notation, and fits of invented spectra with known truth.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, reason = "functions that tests share")]

use aldb_fit::circuit::{Circuit, MAX_ELEMENTS, MAX_NESTING};
use aldb_fit::cnls::{CircuitFit, CnlsOptions, FitError, Restriction, Weighting, fit_circuit};
use aldb_fit::quality::{Quality, ReasonCode};
use aldb_fit::spectrum::Spectrum;
use proptest::prelude::*;
use test_support::Noise;

#[derive(Clone)]
struct Data {
    frequency_hz: Vec<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
}

impl Data {
    /// 60 points from 1 MHz to 1 Hz.
    fn invent(circuit: &str, parameters: &[f64], noise: f64, seed: u64) -> Self {
        let circuit = Circuit::parse(circuit).unwrap();
        let mut generator = Noise::new(seed);
        let frequency_hz: Vec<f64> = (0..60).map(|k| 10f64.powf(6.0 - 6.0 * f64::from(k) / 59.0)).collect();
        let (mut re, mut im) = (Vec::new(), Vec::new());
        for &f in &frequency_hz {
            let z = circuit.impedance(parameters, f);
            re.push(z.re + noise * z.norm() * generator.normal());
            im.push(z.im + noise * z.norm() * generator.normal());
        }
        Self { frequency_hz, re, im }
    }

    fn fit(&self, circuit: &str, options: &CnlsOptions) -> Result<CircuitFit, FitError> {
        let spectrum = Spectrum { frequency_hz: &self.frequency_hz, z_re_ohm: &self.re, z_im_ohm: &self.im };
        fit_circuit(&Circuit::parse(circuit).unwrap(), spectrum, options)
    }
}

#[test]
fn both_notations_give_the_same_circuit() {
    let pairs = [
        ("R(RQ)Q", "R0-p(R1,CPE1)-CPE2"),
        ("R0(R1Q1)Q2", "R0-p(R1,CPE1)-CPE2"),
        ("R(C(RW))", "R0-p(C1,R1-W1)"),
        ("R(C[RW])", "R0-p(C1,R1-W1)"),
        ("(RQ)(RQ)", "p(R1,CPE1)-p(R2,CPE2)"),
        ("LR(RC)(Q[RWo])", "L1-R0-p(R1,C1)-p(CPE1,R2-Wo1)"),
        (" R0 - p( R1 , CPE1 ) - CPE2 ", "R0-p(R1,CPE1)-CPE2"),
        ("p(p(R1,C1),C2)", "p(R1,C1,C2)"),
        ("R-p(R,Q7)-Q", "R0-p(R1,CPE7)-CPE1"),
        ("R", "R0"),
        ("R1", "R1"),
    ];
    for (text, canonical) in pairs {
        let circuit = Circuit::parse(text).unwrap();
        assert_eq!(circuit.notation(), canonical, "{text}");
        assert_eq!(Circuit::parse(circuit.notation()).unwrap(), circuit, "{text}");
    }
}

#[test]
fn parameters_have_the_names_of_impedance_py_and_units() {
    let circuit = Circuit::parse("R0-p(R1,CPE1)-Wo1-L1").unwrap();
    let listed: Vec<_> = circuit.parameters().iter().map(|spec| (spec.name.as_str(), spec.unit)).collect();
    let expected = [
        ("R0", "Ohm"),
        ("R1", "Ohm"),
        ("CPE1_0", "S.s{^n}"),
        ("CPE1_1", "1"),
        ("Wo1_0", "Ohm"),
        ("Wo1_1", "s"),
        ("L1", "H"),
    ];
    assert_eq!(listed, expected);
}

#[test]
fn an_error_names_the_position_and_what_was_found_and_expected() {
    let elements = "an element (C, CPE, G, L, R, W, Wo, Ws, or Q for CPE; each with an optional number) or";
    let nested = format!("{}R1,C1{}", "p(R0-".repeat(MAX_NESTING + 1), ")".repeat(MAX_NESTING + 1));
    let many = vec!["R"; MAX_ELEMENTS + 1].join("-");
    let cases = [
        ("", "expected a circuit like `R0-p(R1,CPE1)-CPE2` or `R(RQ)Q`, found nothing".to_owned()),
        ("R0-p(R1,X2)", format!("byte 8: expected {elements} `p(`, found `X2`")),
        ("R0-p(R1,CPE1", "byte 12: expected `-`, `,` or `)`, found the end".to_owned()),
        ("R0-p(R1)", "byte 3: expected at least two members in parallel, found 1".to_owned()),
        ("R0-", format!("byte 3: expected {elements} `p(`, found the end")),
        ("R0-R1)", "byte 5: expected `-` or the end, found `)`".to_owned()),
        ("R0-pR1", "byte 4: expected `(` after `p`, found `R1`".to_owned()),
        ("R(RQ", "byte 4: expected `)`, found the end".to_owned()),
        ("R(RQ))", format!("byte 5: expected {elements} `(`, found `)`")),
        ("R0-C1-R0", "byte 6: expected each name once, found `R0` again".to_owned()),
        ("R0-Cx", format!("byte 3: expected {elements} `p(`, found `Cx`")),
        ("R0-é", format!("byte 3: expected {elements} `p(`, found `é`")),
        (many.as_str(), format!("byte 48: expected at most {MAX_ELEMENTS} elements, found more")),
        (nested.as_str(), format!("byte 60: expected brackets nested at most {MAX_NESTING} deep, found more")),
    ];
    for (text, message) in cases {
        assert_eq!(Circuit::parse(text).unwrap_err().to_string(), message, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[-RCLQWGPEosp0-9(),\\[\\] é]{0,60}") {
        if let Ok(circuit) = Circuit::parse(&text) {
            prop_assert_eq!(Circuit::parse(circuit.notation()).unwrap(), circuit);
        }
    }

    #[test]
    fn impedance_is_finite_within_the_bounds(
        at in proptest::collection::vec(0.0f64..=1.0, 14),
        exponent in -9.0f64..=15.0,
        circuit in prop::sample::select(vec![
            "R0-p(R1,CPE1)-CPE2", "L0-p(C1,R1-Wo1)-Ws1", "p(G1,CPE1,Ws1-L1)-W1", "p(Wo1,W1,L1-C1)", "R0", "C1",
        ]),
    ) {
        let circuit = Circuit::parse(circuit).unwrap();
        let value = |(spec, at): (&aldb_fit::element::ParameterSpec, &f64)| match spec.scale {
            aldb_fit::element::Scale::Linear => spec.lower + at * (spec.upper - spec.lower),
            aldb_fit::element::Scale::Logarithmic => spec.lower * (spec.upper / spec.lower).powf(*at),
        };
        let parameters: Vec<f64> = circuit.parameters().iter().zip(&at).map(value).collect();
        let z = circuit.impedance(&parameters, 10f64.powf(exponent));
        prop_assert!(z.is_finite(), "{} {:?}", z, parameters);
    }
}

#[test]
fn a_known_film_is_found_within_its_standard_errors() {
    let truth = [25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9];
    let mut within = 0;
    for seed in 0..40 {
        let fit =
            Data::invent("R0-p(R1,CPE1)-CPE2", &truth, 0.01, seed).fit("R(RQ)Q", &CnlsOptions::default()).unwrap();
        assert!((fit.chi2_reduced / 1e-4 - 1.0).abs() < 0.5, "{}", fit.chi2_reduced);
        let r1 = &fit.parameters[1];
        assert!(r1.determined && (r1.value / 6e5 - 1.0).abs() < 0.05, "{r1:?}");
        within += usize::from((r1.value - 6e5).abs() < r1.std_err.unwrap());
    }
    // 68 % of 40 is 27; three standard deviations are 9.
    assert!((18..=36).contains(&within), "{within} of 40 within one standard error");
}

#[test]
fn thin_films_from_1e5_to_1e8_ohm_reach_the_optimum_without_start_values() {
    let mut generator = Noise::new(2025);
    for seed in 0..150 {
        let truth = [
            generator.log_between(5.0, 200.0),
            generator.log_between(1e5, 1e8),
            generator.log_between(1e-12, 1e-10),
            0.85 + 0.15 * generator.uniform(),
            generator.log_between(1e-9, 1e-6),
            0.7 + 0.3 * generator.uniform(),
        ];
        let data = Data::invent("R0-p(R1,CPE1)-CPE2", &truth, 0.01, seed);
        let fit = data.fit("R(RQ)Q", &CnlsOptions::default()).unwrap();
        let near = CnlsOptions {
            restrictions: ["R1", "CPE1_0", "CPE2_0"]
                .iter()
                .zip([truth[1], truth[2], truth[4]])
                .map(|(name, value)| Restriction::Bounds {
                    name: (*name).to_owned(),
                    lower: value / 10.0,
                    upper: value * 10.0,
                })
                .collect(),
            ..CnlsOptions::default()
        };
        let reference = data.fit("R(RQ)Q", &near).unwrap();
        assert!(fit.cost <= 1.001 * reference.cost, "{truth:?}: {} and {}", fit.cost, reference.cost);
    }
}

/// 95 % intervals of the film's parameters, over 2,000 spectra. The resistance of the leads often cannot be
/// distinguished from zero, which must not make the others look better known.
#[test]
fn intervals_of_95_percent_contain_the_truth_as_often_as_stated() {
    const RUNS: u64 = 2000;
    let names = ["R0", "R1", "CPE1_0", "CPE1_1", "CPE2_0", "CPE2_1"];
    let (mut inside, mut claimed) = ([0_usize; 6], [0_usize; 6]);
    let mut generator = Noise::new(7);
    for seed in 0..RUNS {
        let truth = [
            generator.log_between(50.0, 1000.0),
            generator.log_between(2e4, 2e6),
            generator.log_between(5e-12, 5e-11),
            0.9 + 0.08 * generator.uniform(),
            generator.log_between(1e-9, 1e-8),
            0.8 + 0.15 * generator.uniform(),
        ];
        let data = Data::invent("R0-p(R1,CPE1)-CPE2", &truth, 0.01, 5000 + seed);
        let fit = data.fit("R0-p(R1,CPE1)-CPE2", &CnlsOptions::default()).unwrap();
        for (k, parameter) in fit.parameters.iter().enumerate().filter(|(_, parameter)| parameter.determined) {
            claimed[k] += 1;
            inside[k] += usize::from((parameter.value - truth[k]).abs() < 1.96 * parameter.std_err.unwrap());
        }
    }
    for k in 0..names.len() {
        let share = inside[k] as f64 / claimed[k] as f64;
        println!("{}: {share:.3} of {} intervals", names[k], claimed[k]);
        assert!((0.93..=0.97).contains(&share), "{}: {share}", names[k]);
        assert!(k == 0 || claimed[k] as f64 > 0.98 * RUNS as f64, "{}: {}", names[k], claimed[k]);
    }
}

#[test]
fn exact_data_are_fitted_to_rounding() {
    let circuits: [(&str, &[f64]); 6] = [
        ("R0-p(R1,CPE1)-CPE2", &[25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9]),
        ("R0-p(R1,CPE1)-p(R2,CPE2)", &[100.0, 2e3, 1e-8, 0.9, 5e3, 1e-5, 0.8]),
        ("p(R1,CPE1)-p(R2,CPE2)-p(R3,CPE3)", &[1e3, 1e-9, 0.95, 5e3, 1e-7, 0.9, 2e4, 1e-5, 0.85]),
        ("L1-R0-p(R1,CPE1)-G1", &[1e-6, 10.0, 50.0, 1e-6, 0.9, 100.0, 0.01]),
        ("R0-p(C1,R1-Wo1)", &[10.0, 1e-6, 100.0, 500.0, 0.05]),
        ("R0-p(CPE1,R1-Ws1)", &[10.0, 1e-6, 0.9, 100.0, 500.0, 0.02]),
    ];
    for (circuit, truth) in circuits {
        let fit = Data::invent(circuit, truth, 0.0, 0).fit(circuit, &CnlsOptions::default()).unwrap();
        assert!(fit.cost < 1e-25, "{circuit}: {}", fit.cost);
        for (fitted, value) in fit.parameters.iter().zip(truth) {
            let name = &fitted.name;
            assert!((fitted.value / value - 1.0).abs() < 1e-8, "{circuit} {name}: {} {value}", fitted.value);
        }
    }
}

/// Values of each parameter over four or five decades, so that elements often hide each other.
fn anywhere(circuit: &str, generator: &mut Noise) -> Vec<f64> {
    let value = |spec: &aldb_fit::element::ParameterSpec| match spec.unit {
        "1" => 0.6 + 0.4 * generator.uniform(),
        "Ohm" => generator.log_between(10.0, 1e5),
        "s" => generator.log_between(1e-4, 10.0),
        _ => generator.log_between(1e-9, 1e-4),
    };
    Circuit::parse(circuit).unwrap().parameters().iter().map(value).collect()
}

#[test]
fn hidden_elements_are_found_in_exact_data_or_the_fit_is_not_good() {
    // With how many of 60 may be missed.
    let circuits = [("R0-p(R1,C1)-p(R2-Wo1,C2)", 6), ("R0-p(C1,R1-Ws1)", 3), ("R0-p(CPE1,R1-p(R2,CPE2))", 16)];
    for (circuit, most) in circuits {
        let mut missed = 0;
        for seed in 0..60 {
            let truth = anywhere(circuit, &mut Noise::new(seed));
            let fit = Data::invent(circuit, &truth, 0.0, 0).fit(circuit, &CnlsOptions::default()).unwrap();
            if fit.rms_relative > 1e-11 {
                missed += 1;
                assert_ne!(
                    fit.verdict.quality,
                    Quality::Good,
                    "{circuit} {truth:?}: {} {}",
                    fit.rms_relative,
                    fit.verdict
                );
            }
        }
        assert!(missed <= most, "{circuit}: {missed} of 60 missed");
    }
}

#[test]
fn the_arc_with_the_shorter_time_constant_comes_first() {
    let fast_last = [100.0, 5e3, 1e-5, 0.8, 2e3, 1e-8, 0.9];
    let data = Data::invent("R0-p(R1,CPE1)-p(R2,CPE2)", &fast_last, 0.01, 8);
    let fit = data.fit("R0-p(R1,CPE1)-p(R2,CPE2)", &CnlsOptions::default()).unwrap();
    assert!((fit.parameters[1].value / 2e3 - 1.0).abs() < 0.05, "{:?}", fit.parameters[1]);
    assert!((fit.parameters[4].value / 5e3 - 1.0).abs() < 0.05, "{:?}", fit.parameters[4]);
}

#[test]
fn the_order_of_points_changes_no_bit() {
    let data = Data::invent("R0-p(R1,CPE1)-CPE2", &[25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9], 0.01, 3);
    let pick = |values: &[f64]| (0..60).map(|k| values[k * 17 % 60]).collect::<Vec<_>>();
    let shuffled = Data { frequency_hz: pick(&data.frequency_hz), re: pick(&data.re), im: pick(&data.im) };
    let (a, b) = (
        data.fit("R(RQ)Q", &CnlsOptions::default()).unwrap(),
        shuffled.fit("R(RQ)Q", &CnlsOptions::default()).unwrap(),
    );
    assert_eq!(a.parameters, b.parameters);
    assert_eq!((a.cost.to_bits(), a.aic.to_bits()), (b.cost.to_bits(), b.aic.to_bits()));
    assert_eq!(pick(&a.residual_re), b.residual_re);
}

#[test]
fn a_parameter_the_data_do_not_show_is_not_determined() {
    // A second arc that is not there.
    let data = Data::invent("R0-p(R1,CPE1)", &[100.0, 1e3, 1e-6, 0.9], 0.01, 1);
    let fit = data.fit("R0-p(R1,CPE1)-p(R2,CPE2)", &CnlsOptions::default()).unwrap();
    assert!(fit.parameters.iter().any(|parameter| !parameter.determined));
    assert_eq!(fit.verdict.quality, Quality::Suspect);
    assert!(fit.verdict.has(ReasonCode::ParameterUndetermined), "{}", fit.verdict);
}

#[test]
fn a_series_resistance_too_small_to_be_seen_leaves_the_fit_good() {
    let data = Data::invent("R0-p(R1,CPE1)-CPE2", &[5.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9], 0.01, 4);
    let fit = data.fit("R0-p(R1,CPE1)-CPE2", &CnlsOptions::default()).unwrap();
    assert!(!fit.parameters[0].determined);
    assert_eq!(fit.verdict.quality, Quality::Good, "{}", fit.verdict);
    assert_eq!(fit.verdict.notes[0], "too small to distinguish from 0: `R0`");
}

#[test]
fn a_circuit_that_does_not_describe_the_data_fails_as_a_poor_fit() {
    let data = Data::invent("R0-p(R1,CPE1)-CPE2", &[25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9], 0.0, 0);
    let fit = data.fit("R0", &CnlsOptions::default()).unwrap();
    assert_eq!(fit.verdict.quality, Quality::Failed);
    assert!(fit.verdict.has(ReasonCode::PoorFit), "{}", fit.verdict);
}

#[test]
fn fixed_and_bounded_parameters_stay_within_their_restrictions() {
    let data = Data::invent("R0-p(R1,CPE1)", &[100.0, 1e3, 1e-6, 0.9], 0.01, 5);
    let fixed = Restriction::Fixed { name: "CPE1_1".to_owned(), value: 0.8 };
    let bounds = Restriction::Bounds { name: "R1".to_owned(), lower: 100.0, upper: 900.0 };
    let options = CnlsOptions { restrictions: vec![fixed, bounds], ..CnlsOptions::default() };
    let fit = data.fit("R0-p(R1,CPE1)", &options).unwrap();
    let n = &fit.parameters[3];
    assert_eq!((n.value, n.std_err, n.fixed, n.determined), (0.8, None, true, true));
    assert!(fit.parameters[1].at_bound && fit.parameters[1].value == 900.0);
    assert_eq!(fit.dof, 117);
}

#[test]
fn every_weighting_finds_the_truth() {
    let truth = [100.0, 1e3, 1e-6, 0.9];
    for weighting in [Weighting::Modulus, Weighting::Unit, Weighting::Proportional] {
        let options = CnlsOptions { weighting, ..CnlsOptions::default() };
        let fit = Data::invent("R0-p(R1,CPE1)", &truth, 0.0, 9).fit("R0-p(R1,CPE1)", &options).unwrap();
        for (fitted, value) in fit.parameters.iter().zip(truth) {
            assert!((fitted.value / value - 1.0).abs() < 1e-9, "{weighting:?} {fitted:?}");
        }
    }
}

#[test]
fn bad_input_is_named() {
    let good = Data::invent("R0-p(R1,CPE1)", &[100.0, 1e3, 1e-6, 0.9], 0.0, 0);
    let message = |change: &dyn Fn(&mut Data), options: &CnlsOptions| {
        let mut data = good.clone();
        change(&mut data);
        data.fit("R0-p(R1,CPE1)", options).unwrap_err().to_string()
    };
    let default = CnlsOptions::default();
    let restricted = |restriction| CnlsOptions { restrictions: vec![restriction], ..CnlsOptions::default() };
    let fixed = |name: &str, value| restricted(Restriction::Fixed { name: name.to_owned(), value });
    let cases = [
        (
            message(&|data| data.re.truncate(59), &default),
            "expected columns of equal length, found 60 frequencies, 59 real and 60 imaginary parts",
        ),
        (
            message(&|data| data.frequency_hz[7] = 0.0, &default),
            "point 7: expected a frequency from 1e-9 Hz to 1e15 Hz, found `0`",
        ),
        (
            message(&|data| (data.re[3], data.im[3]) = (5.0, f64::NAN), &default),
            "point 3: expected a finite impedance, found `5` Ω and `NaN` Ω",
        ),
        (
            message(&|data| (data.re[2], data.im[2]) = (0.0, 0.0), &default),
            "point 2: expected a modulus from 1e-12 Ω to 1e18 Ω, found `0`",
        ),
        (
            message(&|data| *data = Data { frequency_hz: vec![1.0; 2], re: vec![1.0; 2], im: vec![1.0; 2] }, &default),
            "expected at least 3 points, found 2",
        ),
        (message(&|_| (), &fixed("R7", 1.0)), "expected one of `R0`, `R1`, `CPE1_0`, `CPE1_1`, found `R7`"),
        (
            message(&|_| (), &fixed("CPE1_1", 1.5)),
            "`CPE1_1` in 1: expected 0 <= lower < upper <= 1, found `1.5` to `1.5`",
        ),
        (
            message(&|data| data.im[4] = 0.0, &CnlsOptions { weighting: Weighting::Proportional, ..default.clone() }),
            "point 4: expected both parts of the impedance other than zero for proportional weighting",
        ),
        (
            message(&|_| (), &CnlsOptions { starts: 0, ..default.clone() }),
            "option `starts`: expected 1 to 1000, found 0",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}
