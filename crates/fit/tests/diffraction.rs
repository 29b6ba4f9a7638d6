//! Diffraction: invented patterns with known truth, an independent program's lines, and Bragg facts.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, reason = "functions that tests share")]
#![allow(clippy::print_stdout, reason = "coverage and agreement are figures to read")]

use std::f64::consts::{LN_2, PI};

use aldb_fit::diffraction::{
    Alpha2, CrystallinityOptions, DiffractionError, Pattern, Peak, PeakKind, PeakOptions, Reflection, SILICON_001,
    Structure, bragg_angle_deg, bragg_spacing_angstrom, find_peaks, judge_crystallinity, match_phases,
};
use aldb_fit::quality::{Quality, ReasonCode};
use proptest::prelude::*;
use test_support::{Noise, real_files};

const ALPHA1: f64 = 1.540_598;
const ALPHA2: f64 = 1.544_426;

fn copper() -> PeakOptions {
    PeakOptions { alpha2: Some(Alpha2 { wavelength_angstrom: ALPHA2, ratio: 0.5 }), ..PeakOptions::default() }
}

/// A line: Kα₁ area (counts·deg), place, width (deg), Lorentzian share.
#[derive(Clone, Copy)]
struct Truth {
    area: f64,
    place: f64,
    width: f64,
    share: f64,
}

impl Truth {
    fn at(&self, x: f64, with_second: bool) -> f64 {
        let one = |place: f64| {
            let u = (x - place) / self.width;
            let lorentz = 2.0 / (PI * self.width * (1.0 + 4.0 * u * u));
            let gauss = 2.0 / self.width * (LN_2 / PI).sqrt() * (-4.0 * LN_2 * u * u).exp();
            self.share * lorentz + (1.0 - self.share) * gauss
        };
        let d = bragg_spacing_angstrom(self.place, ALPHA1);
        let second = if with_second { 0.5 * one(bragg_angle_deg(d, ALPHA2).unwrap()) } else { 0.0 };
        self.area * (one(self.place) + second)
    }
}

fn grid(low: f64, step: f64, n: u32) -> Vec<f64> {
    (0..n).map(|k| low + step * f64::from(k)).collect()
}

fn within(coverage: f64, what: &str) {
    println!("coverage of {what}: {:.2} %", 100.0 * coverage);
    assert!((0.93..=0.97).contains(&coverage), "coverage of {what} is {coverage}");
}

#[test]
fn intervals_of_95_percent_contain_the_truth_in_93_to_97_percent_of_patterns() {
    let x = grid(24.0, 0.02, 450);
    let mut hits = [0.0; 4];
    let mut total = 0.0;
    let mut missed = 0;
    for seed in 0..2000 {
        let mut noise = Noise::new(seed);
        let n = 1 + seed % 3;
        let lines: Vec<Truth> = (0..n)
            .map(|k| {
                let width = noise.between(0.12, 0.35);
                Truth {
                    area: noise.between(150.0, 3000.0) * width,
                    // A pair of the three overlaps.
                    place: 26.5 + [0.0, 1.9, 2.7][k as usize] + noise.between(-0.1, 0.1),
                    width,
                    share: noise.between(0.2, 0.8),
                }
            })
            .collect();
        let (level, slope) = (noise.between(50.0, 400.0), noise.between(-5.0, 5.0));
        let y: Vec<f64> = x
            .iter()
            .map(|&x| {
                let mean = level + slope * (x - 28.0) + lines.iter().map(|line| line.at(x, true)).sum::<f64>();
                noise.poisson(mean)
            })
            .collect();
        let pattern = find_peaks(&x, &y, 1.0, &copper()).unwrap();
        for truth in &lines {
            let near = |peak: &&Peak| (peak.two_theta_deg - truth.place).abs() < 0.15;
            let Some(peak) = pattern.lines().find(near) else {
                missed += 1;
                continue;
            };
            total += 1.0;
            let d = bragg_spacing_angstrom(truth.place, ALPHA1);
            let checks = [
                (peak.two_theta_deg - truth.place, peak.two_theta_err_deg),
                (peak.area - truth.area, peak.area_err),
                (peak.fwhm_deg - truth.width, peak.fwhm_err_deg),
                (peak.d_angstrom - d, peak.d_err_angstrom),
            ];
            for (hit, (difference, error)) in hits.iter_mut().zip(checks) {
                *hit += f64::from(u8::from(difference.abs() <= 1.96 * error));
            }
        }
    }
    println!("{total} lines found, {missed} not");
    assert!(f64::from(missed) < 0.02 * total, "{missed} lines of {total} not found");
    for (hit, what) in hits.iter().zip(["position", "area", "width", "spacing"]) {
        within(hit / total, what);
    }
}

#[test]
fn broad_halos_are_amorphous_in_99_of_100_patterns() {
    let x = grid(10.0, 0.02, 3500);
    let (mut crystalline, mut largest) = (0, 0.0_f64);
    for seed in 0..500 {
        let mut noise = Noise::new(10_000 + seed);
        let level = [3.0, 30.0, 300.0, 3000.0][(seed % 4) as usize] * noise.between(0.7, 1.4);
        let (height, place, width) =
            (level * noise.between(0.3, 4.0), noise.between(19.0, 33.0), noise.between(5.0, 9.0));
        let y: Vec<f64> = x
            .iter()
            .map(|&x| {
                let hump = height * (-4.0 * LN_2 * ((x - place) / width).powi(2)).exp();
                let air = 4.0 * level * (-(x - 10.0) / 6.0).exp();
                noise.poisson(level + hump + air)
            })
            .collect();
        let pattern = find_peaks(&x, &y, 1.0, &copper()).unwrap();
        let found = judge_crystallinity(&pattern, &[], &[], None, &CrystallinityOptions::default());
        if found.structure == Structure::Crystalline {
            crystalline += 1;
            for peak in pattern.lines() {
                println!("seed {seed} level {level:.1} hump {height:.0} at {place:.1} width {width:.1}: {peak:?}");
            }
        } else {
            assert_eq!((found.area, found.phase), (0.0, None));
            assert!(found.area_err > 0.0 && found.area_upper_limit.unwrap() > 6.0 * found.area_err);
            largest = largest.max(found.max_signal_to_noise);
        }
    }
    println!("{crystalline} of 500 humps called crystalline, largest signal to noise {largest:.1}");
    assert!(crystalline <= 5, "{crystalline} of 500 humps called crystalline");
}

#[test]
fn a_peak_on_top_of_a_halo_is_found_in_addition_to_the_halo() {
    let x = grid(10.0, 0.02, 3000);
    let line = Truth { area: 60.0, place: 24.0, width: 0.3, share: 0.5 };
    let mut noise = Noise::new(5);
    let y: Vec<f64> = x
        .iter()
        .map(|&x| noise.poisson(100.0 + 300.0 * (-4.0 * LN_2 * ((x - 24.1) / 7.0).powi(2)).exp() + line.at(x, false)))
        .collect();
    let pattern = find_peaks(&x, &y, 1.0, &PeakOptions::default()).unwrap();
    let kinds: Vec<PeakKind> = pattern.peaks.iter().map(|peak| peak.kind).collect();
    assert_eq!(kinds.iter().filter(|&&kind| kind == PeakKind::Halo).count(), 1);
    let lines: Vec<&Peak> = pattern.lines().collect();
    assert_eq!(lines.len(), 1);
    assert!((lines[0].two_theta_deg - 24.0).abs() < 4.0 * lines[0].two_theta_err_deg);
    assert!((lines[0].area - 60.0).abs() < 4.0 * lines[0].area_err, "{:?}", lines[0]);
    let halo = pattern.peaks.iter().find(|peak| peak.kind == PeakKind::Halo).unwrap();
    assert!((halo.two_theta_deg - 24.1).abs() < 0.5 && (halo.fwhm_deg - 7.0).abs() < 2.0, "{halo:?}");
}

/// A film of 80 counts next to a wafer of a hundred thousand, with the tube's other wavelengths.
fn wafer(film: bool, seed: u64) -> Pattern {
    let x = grid(20.0, 0.02, 2800);
    let silicon = Truth { area: 1e5 * 0.1, place: bragg_angle_deg(1.357_755, ALPHA1).unwrap(), width: 0.1, share: 0.4 };
    let beta = Truth { area: 90.0, place: bragg_angle_deg(1.357_755, 1.392_25).unwrap(), ..silicon };
    let tungsten = Truth { area: 60.0, place: bragg_angle_deg(1.357_755, 1.476_4).unwrap(), ..silicon };
    let forbidden = Truth { area: 30.0, place: 32.96, ..silicon };
    let zinc_oxide = Truth { area: 80.0 * 0.4, place: 34.42, width: 0.4, share: 0.5 };
    let mut noise = Noise::new(seed);
    let y: Vec<f64> = x
        .iter()
        .map(|&x| {
            let mut mean =
                60.0 + silicon.at(x, true) + beta.at(x, false) + tungsten.at(x, false) + forbidden.at(x, true);
            if film {
                mean += zinc_oxide.at(x, true);
            }
            noise.poisson(mean)
        })
        .collect();
    find_peaks(&x, &y, 1.0, &copper()).unwrap()
}

const ZINC_OXIDE: [Reflection<'static>; 5] = [
    Reflection { phase: "ZnO", hkl: "1 0 0", d_angstrom: 2.8143, relative_intensity: 57.0 },
    Reflection { phase: "ZnO", hkl: "0 0 2", d_angstrom: 2.6033, relative_intensity: 44.0 },
    Reflection { phase: "ZnO", hkl: "1 0 1", d_angstrom: 2.4759, relative_intensity: 100.0 },
    Reflection { phase: "ZnO", hkl: "1 0 2", d_angstrom: 1.9111, relative_intensity: 23.0 },
    Reflection { phase: "ZnO", hkl: "1 1 0", d_angstrom: 1.6247, relative_intensity: 32.0 },
];

#[test]
fn a_silicon_wafer_alone_does_not_make_a_film_crystalline() {
    let options = CrystallinityOptions::default();
    for seed in 0..20 {
        let pattern = wafer(false, seed);
        assert!(pattern.lines().count() >= 4, "{:?}", pattern.peaks);
        let found = judge_crystallinity(&pattern, &ZINC_OXIDE, &SILICON_001, Some((50.0, 1.0)), &options);
        assert_eq!(found.structure, Structure::Amorphous, "seed {seed}: {} {:#?}", found.verdict, pattern.peaks);
        // The wafer's own line is a thousand times that.
        assert!(found.max_signal_to_noise < 8.0, "{found:?}");
        assert_eq!(found.area_per_nm, Some(0.0));
        let unaware = judge_crystallinity(&pattern, &ZINC_OXIDE, &[], None, &options);
        assert_eq!(unaware.structure, Structure::Crystalline);
    }
}

#[test]
fn a_weak_film_peak_next_to_wafer_peaks_is_found_named_and_measured() {
    for seed in 0..20 {
        let pattern = wafer(true, seed);
        let options = CrystallinityOptions::default();
        let found = judge_crystallinity(&pattern, &ZINC_OXIDE, &SILICON_001, Some((50.0, 5.0)), &options);
        assert_eq!((found.structure, found.phase.as_deref()), (Structure::Crystalline, Some("ZnO")), "{found:?}");
        assert_eq!((found.n_peaks, found.n_matched), (1, 1), "{:#?}", pattern.peaks);
        assert!((found.area - 32.0).abs() < 4.0 * found.area_err, "{found:?}");
        assert_eq!(found.area_per_nm.unwrap(), found.area / 50.0);
        let expected = (found.area_err / 50.0).hypot(found.area * 5.0 / 2500.0);
        assert!((found.area_err_per_nm.unwrap() - expected).abs() < 1e-12);
    }
}

#[test]
fn a_phase_scores_by_the_intensity_found_at_a_common_shift() {
    let x = grid(25.0, 0.02, 1750);
    let lines: Vec<Truth> = ZINC_OXIDE
        .iter()
        .map(|reflection| Truth {
            area: 5.0 * reflection.relative_intensity,
            place: bragg_angle_deg(reflection.d_angstrom, ALPHA1).unwrap() + 0.08,
            width: 0.25,
            share: 0.5,
        })
        .collect();
    let mut noise = Noise::new(3);
    let y: Vec<f64> =
        x.iter().map(|&x| noise.poisson(80.0 + lines.iter().map(|line| line.at(x, true)).sum::<f64>())).collect();
    let pattern = find_peaks(&x, &y, 1.0, &copper()).unwrap();
    // Other places at random, as many: a phase that is not there.
    let mut references = ZINC_OXIDE.to_vec();
    for (k, d_angstrom) in [2.95, 2.71, 2.33, 2.05, 1.77].into_iter().enumerate() {
        references.push(Reflection { phase: "absent", d_angstrom, ..ZINC_OXIDE[k] });
    }
    let scores = match_phases(&pattern, pattern.range_deg, &references, ALPHA1, 0.2);
    assert_eq!(scores.len(), 2);
    assert_eq!(scores[0].phase, "ZnO");
    assert_eq!((scores[0].n_expected, scores[0].n_matched, scores[0].n_lines), (5, 5, 5));
    assert!(scores[0].score > 0.95 && (scores[0].shift_deg - 0.08).abs() < 0.02, "{scores:?}");
    assert!(scores[1].score < 0.05, "{scores:?}");
    let truth: f64 = lines.iter().map(|line| line.area).sum();
    assert!((scores[0].area - truth).abs() < 4.0 * scores[0].area_err, "{scores:?}");
    // Half the reference's intensity missing halves the score, about.
    let missing: Vec<Reflection<'_>> = ZINC_OXIDE
        .iter()
        .copied()
        .chain([Reflection { phase: "ZnO", hkl: "none", d_angstrom: 2.2, relative_intensity: 256.0 }])
        .collect();
    let half = &match_phases(&pattern, pattern.range_deg, &missing, ALPHA1, 0.2)[0];
    assert!((half.score - 0.5).abs() < 0.05, "{half:?}");
}

#[test]
fn bragg_gives_the_published_spacings() {
    assert_eq!(format!("{:.3}", bragg_spacing_angstrom(28.44, ALPHA1)), "3.136");
    // Si, a = 5.43102 A: NIST SRM 640, first lines with Cu Kalpha1.
    for (two_theta, d) in [(28.4423, 3.1356), (47.3027, 1.9202), (56.1221, 1.6375), (69.1297, 1.3578)] {
        assert!((bragg_spacing_angstrom(two_theta, ALPHA1) - d).abs() < 1e-4, "{two_theta}");
        assert!((bragg_angle_deg(d, ALPHA1).unwrap() - two_theta).abs() < 5e-3, "{d}");
    }
    assert_eq!(bragg_angle_deg(0.7, ALPHA1), None);
    assert_eq!(bragg_angle_deg(f64::NAN, ALPHA1), None);
}

#[test]
fn rates_with_their_counting_time_give_the_errors_of_counts() {
    let x = grid(25.0, 0.02, 400);
    let line = Truth { area: 200.0, place: 28.44, width: 0.2, share: 0.5 };
    let mut noise = Noise::new(1);
    let counts: Vec<f64> = x.iter().map(|&x| noise.poisson(60.0 + line.at(x, true))).collect();
    let rates: Vec<f64> = counts.iter().map(|y| y / 8.0).collect();
    let a = find_peaks(&x, &counts, 1.0, &copper()).unwrap();
    let b = find_peaks(&x, &rates, 8.0, &copper()).unwrap();
    assert_eq!(a.peaks.len(), 1);
    assert_eq!(a.peaks[0].area, 8.0 * b.peaks[0].area);
    assert_eq!(a.peaks[0].area_err, 8.0 * b.peaks[0].area_err);
    assert_eq!(a.peaks[0].two_theta_err_deg, b.peaks[0].two_theta_err_deg);
    // Rates taken for counts have less noise than counting allows; the pattern says so.
    let low: Vec<f64> = counts.iter().map(|y| y * 100.0).collect();
    let wrong = find_peaks(&x, &low, 1.0, &copper()).unwrap();
    assert_eq!(wrong.verdict.quality, Quality::Suspect);
    assert!(wrong.noise_ratio.unwrap() > 8.0 && wrong.verdict.has(ReasonCode::NoiseNotPoisson), "{}", wrong.verdict);
}

#[test]
fn the_order_of_points_does_not_change_a_bit() {
    // Steps that differ, printed with few decimals.
    let x: Vec<f64> = (0..900).map(|k| f64::from(k) * 0.02 + 0.004 * f64::from(k % 3) + 20.0).collect();
    let line = Truth { area: 300.0, place: 28.44, width: 0.2, share: 0.5 };
    let mut noise = Noise::new(9);
    let y: Vec<f64> = x.iter().map(|&x| noise.poisson(40.0 + line.at(x, false))).collect();
    let forward = find_peaks(&x, &y, 1.0, &PeakOptions::default()).unwrap();
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by_key(|k| (k * 7919) % 900);
    let pick = |from: &[f64]| order.iter().map(|&k| from[k]).collect::<Vec<f64>>();
    let mut other = find_peaks(&pick(&x), &pick(&y), 1.0, &PeakOptions::default()).unwrap();
    assert_eq!(other.background, pick(&forward.background));
    other.background.clone_from(&forward.background);
    assert_eq!(other, forward);
    assert_eq!(forward.peaks.len(), 1);
    assert!((forward.peaks[0].two_theta_deg - 28.44).abs() < 4.0 * forward.peaks[0].two_theta_err_deg);
}

#[test]
fn errors_name_what_is_wrong_and_where() {
    let options = PeakOptions::default();
    let message = |x: &[f64], y: &[f64]| find_peaks(x, y, 1.0, &options).unwrap_err().to_string();
    let (x, y) = (grid(20.0, 0.02, 30), vec![5.0; 30]);
    assert_eq!(message(&x[..2], &y), "expected columns of equal length, found 2 angles and 30 intensities");
    assert_eq!(message(&x[..12], &y[..12]), "12 points, 20 needed");
    assert_eq!(message(&[], &[]), "0 points, 20 needed");
    assert_eq!(message(&[30.0; 30], &y), "all points are at 30°");
    let with =
        |from: &[f64], value: f64| from.iter().enumerate().map(|(k, &v)| if k == 7 { value } else { v }).collect();
    let bad: Vec<f64> = with(&y, f64::NAN);
    assert_eq!(message(&x, &bad), "point 7: expected zero or a positive intensity, found `NaN`");
    let bad: Vec<f64> = with(&x, f64::INFINITY);
    assert_eq!(message(&bad, &y), "point 7: expected an angle 2θ from 0° to 180°, found `inf`");
    let err = find_peaks(&x, &y, 0.0, &options).unwrap_err();
    assert_eq!(err, DiffractionError::OptionNotPositive { name: "counts_per_intensity", value: 0.0 });
    let flat = find_peaks(&x, &y, 1.0, &options).unwrap();
    assert!(flat.peaks.is_empty() && flat.max_signal_to_noise == 0.0);
    assert!(find_peaks(&x, &[0.0; 30], 1.0, &options).unwrap().peaks.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_input_ends_in_a_pattern_or_an_error(
        points in prop::collection::vec(
            (prop_oneof![Just(0.0), Just(f64::NAN), 0.0..180.0, 20.0..21.0], prop_oneof![Just(0.0), Just(-1.0), 0.0..1e6, 0.0..3.0]),
            0..80,
        ),
        good in any::<bool>(),
    ) {
        let points: Vec<(f64, f64)> = if good {
            points.into_iter().map(|(x, y): (f64, f64)| (if x.is_nan() { 20.5 } else { x }, y.abs())).collect()
        } else {
            points
        };
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        if let Ok(pattern) = find_peaks(&x, &y, 1.0, &copper()) {
            prop_assert!(pattern.background.iter().all(|value| value.is_finite()));
            prop_assert!(pattern.peaks.iter().all(|peak| peak.area.is_finite() && peak.two_theta_deg.is_finite()));
            let options = CrystallinityOptions::default();
            let found = judge_crystallinity(&pattern, &ZINC_OXIDE, &SILICON_001, Some((10.0, 1.0)), &options);
            prop_assert!(found.area >= 0.0 && found.verdict.codes().is_some() == (found.verdict.quality != Quality::Good));
        }
    }
}

/// The folder of instrument files; `None` where they are not at hand.
type Scan = (Vec<f64>, Vec<f64>);

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map(|word| word.parse().unwrap()).collect()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap() + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

fn xrdml(text: &str) -> Scan {
    let y = numbers(between(text, "<intensities unit=\"counts\">", "</intensities>"));
    let angles = between(text, "<positions axis=\"2Theta\"", "</positions>");
    let first: f64 = between(angles, "<startPosition>", "</").parse().unwrap();
    let last: f64 = between(angles, "<endPosition>", "</").parse().unwrap();
    let step = (last - first) / (y.len() - 1) as f64;
    ((0..y.len()).map(|k| first + step * k as f64).collect(), y)
}

/// The first range of a UXD file, angle and counts on each line.
fn uxd(text: &str) -> Scan {
    let rows = text.lines().skip_while(|line| !line.starts_with("_2THETACOUNTS")).skip(1);
    let rows: Vec<Vec<f64>> = rows.take_while(|line| !line.starts_with(['_', ';'])).map(numbers).collect();
    rows.iter().filter(|row| row.len() == 2).map(|row| (row[0], row[1])).unzip()
}

fn two_columns(text: &str, separator: char) -> Scan {
    let row = |line: &str| -> Option<(f64, f64)> {
        let (x, y) = line.trim().split_once(separator)?;
        Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
    };
    text.lines().filter_map(row).unzip()
}

fn read(name: &str) -> Scan {
    let text = String::from_utf8_lossy(&std::fs::read(real_files("xrd").unwrap().join(name)).unwrap()).into_owned();
    match name.rsplit('.').next().unwrap().to_lowercase().as_str() {
        "xrdml" => xrdml(&text),
        "uxd" => uxd(&text),
        "csv" => two_columns(text.split("[Scan points]").nth(1).unwrap(), ','),
        _ => two_columns(&text, ' '),
    }
}

/// The independent program's lines: place, z, width.
fn golden(name: &str) -> Vec<(f64, f64, f64)> {
    let text = std::fs::read_to_string(real_files("xrd").unwrap().join("golden/peaks_snr.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pattern = all["patterns"].as_array().unwrap().iter().find(|entry| entry["file"] == name).unwrap();
    let value = |peak: &serde_json::Value, key: &str| peak[key].as_f64().unwrap();
    let peaks = pattern["peaks"].as_array().unwrap();
    peaks.iter().map(|peak| (value(peak, "two_theta"), value(peak, "z"), value(peak, "fwhm_deg"))).collect()
}

#[test]
fn exactly_the_peaks_of_the_independent_program_are_found() {
    if real_files("xrd").is_none() {
        return;
    }
    // The first was measured behind a monochromator.
    let files = [
        ("210520step1_30min.xrdml", "210520step1_30min.xrdml", PeakOptions::default()),
        ("210520step1_30min.csv", "210520step1_30min.xrdml", PeakOptions::default()),
        ("210520step1_30min.xy", "210520step1_30min.xrdml", PeakOptions::default()),
        ("XRD-918-16_10.xrdml", "XRD-918-16_10.xrdml", copper()),
        ("BT86_.UXD", "BT86.raw", copper()),
    ];
    let mut wrong = Vec::new();
    for (name, twin, options) in files {
        let (x, y) = read(name);
        let pattern = find_peaks(&x, &y, 1.0, &options).unwrap();
        compare(name, &pattern, &golden(twin), &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_reference_table_identifies_the_phase_of_a_computed_pattern() {
    let Some(folder) = real_files("xrd") else { return };
    let Ok(text) = std::fs::read_to_string(folder.join("../../reference/xrd_reflections.csv")) else {
        println!("no reference reflections at hand: nothing compared");
        return;
    };
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let reflections: Vec<Reflection<'_>> = rows
        .iter()
        .map(|row| Reflection {
            phase: row[0],
            hkl: row[4],
            d_angstrom: row[3].parse().unwrap(),
            relative_intensity: row[7].parse().unwrap_or(f64::NAN),
        })
        .collect();
    let x = grid(12.0, 0.02, 2900);
    for phase in ["Li2CO3", "LiBO2", "beta-Li3PO4"] {
        let lines: Vec<Truth> = reflections
            .iter()
            .filter(|reflection| reflection.phase == phase)
            .map(|reflection| Truth {
                // Where the table has none, all alike.
                area: 1.5 * if reflection.relative_intensity.is_nan() { 40.0 } else { reflection.relative_intensity },
                place: bragg_angle_deg(reflection.d_angstrom, ALPHA1).unwrap() - 0.05,
                width: 0.3,
                share: 0.5,
            })
            .collect();
        let mut noise = Noise::new(2);
        let y: Vec<f64> =
            x.iter().map(|&x| noise.poisson(60.0 + lines.iter().map(|line| line.at(x, true)).sum::<f64>())).collect();
        let pattern = find_peaks(&x, &y, 1.0, &copper()).unwrap();
        let options = CrystallinityOptions::default();
        let found = judge_crystallinity(&pattern, &reflections, &SILICON_001, None, &options);
        println!("{phase}: {}", found.verdict);
        assert_eq!(found.phase.as_deref(), Some(phase), "{found:?}");
        assert!(found.score.unwrap() > 0.5, "{found:?}");
    }
}

/// Theirs is the maximum of the doublet, a third of its splitting above Kα₁ at most; and of maxima closer than
/// 0.25 deg they keep the highest, so a peak next to one of theirs is not new.
fn compare(name: &str, pattern: &Pattern, golden: &[(f64, f64, f64)], wrong: &mut Vec<String>) {
    println!("{name}: {} lines here, {} there; {}", pattern.lines().count(), golden.len(), pattern.verdict);
    let splitting = |place: f64| {
        let d = bragg_spacing_angstrom(place, ALPHA1);
        bragg_angle_deg(d, ALPHA2).map_or(0.0, |second| (second - place) / 3.0)
    };
    let tolerance = |place: f64, width: f64| (0.25 * width).max(0.05) + splitting(place);
    for &(place, z, width) in golden {
        let found = |peak: &&Peak| (peak.two_theta_deg - place).abs() <= tolerance(place, width);
        if z >= 10.0 && pattern.peaks.iter().find(found).is_none_or(|peak| peak.verdict.quality == Quality::Failed) {
            wrong.push(format!("{name}: {place} with z {z} not found"));
        }
    }
    for peak in pattern.lines().filter(|peak| peak.signal_to_noise >= 10.0) {
        let near = |&(place, _, width): &(f64, f64, f64)| {
            (peak.two_theta_deg - place).abs() <= tolerance(place, width).max(0.25)
        };
        if !golden.iter().any(near) {
            wrong.push(format!("{name}: {:.3} with {:.1} is new: {peak:?}", peak.two_theta_deg, peak.signal_to_noise));
        }
    }
}
