//! Compositions of surfaces and the reference of energies: invented spectra with known truth.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "functions that tests share")]

use aldb_elements::Element;
use aldb_fit::photoelectrons::{
    CoreLine, IntensityUnit, MeasuredRegion, Quantification, RegionFit, RegionOptions, carbon_names, fit_core_line, gl,
    integrated_area, quantify, reference_shift, relative_sensitivity,
};
use aldb_fit::quality::{Quality, ReasonCode};
use test_support::Noise;

/// A line: binding energy (eV), area (counts·eV).
type Line = (f64, f64);

/// Counts of lines of nominal width `width` on a Shirley background, from 0.1 eV to 0.1 eV.
fn region(from_ev: f64, to_ev: f64, lines: &[Line], width: f64, noise: &mut Noise) -> (Vec<f64>, Vec<f64>) {
    let points = ((to_ev - from_ev) / 0.1).round() as u32;
    let energy: Vec<f64> = (0..=points).map(|k| from_ev + 0.1 * f64::from(k)).collect();
    let mut passed = 0.0;
    let mut counts = Vec::new();
    for &e in &energy {
        let line: f64 = lines.iter().map(|(at, area)| area / width / 1.041_986_78 * gl(e, *at, width, 0.3)).sum();
        passed += 0.1 * line;
        counts.push(noise.poisson(600.0 + 0.01 * passed + line));
    }
    (energy, counts)
}

fn fit(name: &str, (energy, counts): &(Vec<f64>, Vec<f64>)) -> RegionFit {
    fit_core_line(energy, counts, CoreLine::parse(name).as_ref(), &RegionOptions::default()).unwrap()
}

/// The contents as areas of regions that were counted for these times.
fn regions(contents: &[(&str, f64, f64)]) -> Vec<MeasuredRegion> {
    let of = |&(name, content, counting_time_s): &(&str, f64, f64)| {
        let area = 1e4 * content * relative_sensitivity(name).unwrap_or(1.0) * counting_time_s;
        MeasuredRegion {
            name: name.to_owned(),
            line: CoreLine::parse(name),
            area: Some((area, 0.01 * area + 1e3)),
            unit: IntensityUnit::Counts,
            counting_time_s: Some(counting_time_s),
            photon_energy_ev: Some(1486.6),
            pass_energy_ev: Some(50.0),
            ..MeasuredRegion::default()
        }
    };
    contents.iter().map(of).collect()
}

const PHOSPHATE: [(&str, f64, f64); 4] =
    [("Li 1s", 30.0, 6.0), ("P 2p", 12.0, 4.0), ("O 1s", 48.0, 2.0), ("C 1s", 10.0, 2.0)];

fn content(found: &Quantification, symbol: &str) -> (f64, f64) {
    let element = Element::from_symbol(symbol).unwrap();
    let content = found.elements.iter().find(|content| content.element == element).unwrap();
    (content.content_percent, content.content_err_percent)
}

fn assert_phosphate(found: &Quantification) {
    for (symbol, truth) in [("Li", 30.0), ("P", 12.0), ("O", 48.0), ("C", 10.0)] {
        let (value, err) = content(found, symbol);
        assert!((value - truth).abs() < 1e-9 && err < 0.1 * truth, "{symbol}: {value} ± {err}");
    }
}

#[test]
fn counts_of_different_times_are_compared_as_rates() {
    let found = quantify(&regions(&PHOSPHATE), &[]).unwrap();
    assert_phosphate(&found);
    assert_eq!(
        (found.verdict.quality, found.counting_time_used, found.transmission_used),
        (Quality::Good, true, false)
    );
    assert_eq!(found.n_lines, 4);
}

#[test]
fn times_that_are_not_known_are_a_reason_and_different_times_of_an_unknown_unit_are_an_error() {
    let mut unknown = regions(&PHOSPHATE);
    unknown.iter_mut().for_each(|region| region.counting_time_s = None);
    let found = quantify(&unknown, &[]).unwrap();
    assert_eq!(found.verdict.quality, Quality::Suspect);
    let words = "the regions have counts, and the counting time is stated for 0 of 4: equal times were assumed";
    assert_eq!(found.verdict.words().as_deref(), Some(words));
    let mut of_no_unit = regions(&PHOSPHATE);
    of_no_unit.iter_mut().for_each(|region| region.unit = IntensityUnit::NotStated);
    let words = "the regions have intensities of no stated unit and different counting times, 2 s to 6 s: the areas cannot be compared";
    assert_eq!(quantify(&of_no_unit, &[]).unwrap_err().to_string(), words);
    of_no_unit.iter_mut().for_each(|region| region.counting_time_s = Some(3.0));
    assert_eq!(quantify(&of_no_unit, &[]).unwrap().verdict.quality, Quality::Good);
    let mut mixed = regions(&PHOSPHATE);
    mixed[0].unit = IntensityUnit::CountsPerSecond;
    mixed[1].counting_time_s = None;
    assert!(quantify(&mixed, &[]).is_err());
}

#[test]
fn every_core_line_is_in_the_sum_or_there_is_none() {
    let with = |name: &str| {
        let mut all = regions(&PHOSPHATE);
        all.extend(regions(&[(name, 5.0, 1.0)]));
        quantify(&all, &[])
    };
    let titanium = with("Ti 2p").unwrap();
    assert_eq!(titanium.verdict.quality, Quality::Good);
    assert!((content(&titanium, "Ti").0 - 500.0 / 105.0).abs() < 1e-9);
    let words = "no sensitivity factor is known for Mo 3d: without it there is no sum of all elements";
    assert_eq!(with("Mo 3d").unwrap_err().to_string(), words);
    for (name, kind) in [("Survey", "survey"), ("VB", "valence band"), ("O KLL", "Auger electrons")] {
        let found = with(name).unwrap();
        assert_phosphate(&found);
        assert_eq!((found.verdict.quality, found.left_out), (Quality::Good, vec![format!("{name} ({kind})")]));
    }
    assert_eq!(with("Zirconium").unwrap().verdict.quality, Quality::Suspect);
    let mut failed = regions(&PHOSPHATE);
    (failed[1].area, failed[1].failure) = (None, Some("3 points in the range, 11 needed".to_owned()));
    let words = "the area of P 2p is not known: 3 points in the range, 11 needed";
    assert_eq!(quantify(&failed, &[]).unwrap_err().to_string(), words);
}

#[test]
fn phosphorus_2s_is_not_boron() {
    // A phosphate without boron: all of the area in the region of B 1s is P 2s.
    let mut all = regions(&PHOSPHATE);
    all.extend(regions(&[("B 1s", 12.0 * 1.18 / 0.486, 3.0)]));
    let found = quantify(&all, &[]).unwrap();
    let (boron, err) = content(&found, "B");
    assert!(boron.abs() < 1e-9 && err < 4.0, "{boron} ± {err}");
    assert_eq!(
        (found.verdict.quality, found.subtracted.as_slice()),
        (Quality::Good, &["P 2s in B 1s: 100.0 % of its area".to_owned()][..])
    );
    assert!((content(&found, "Li").0 - 30.0).abs() < 1e-9);
    // A borophosphate.
    all[4] = regions(&[("B 1s", 8.0 + 12.0 * 1.18 / 0.486, 3.0)]).remove(0);
    let found = quantify(&all, &[]).unwrap();
    let (boron, err) = content(&found, "B");
    assert!((boron - 100.0 * 8.0 / 108.0).abs() < 1e-9 && err < 3.0, "{boron} ± {err}");
    // Phosphorus in the recipe, but not measured.
    all.remove(1);
    assert_eq!(quantify(&all, &[]).unwrap().verdict.quality, Quality::Good);
    let found = quantify(&all, &["P"]).unwrap();
    assert!(found.verdict.has(ReasonCode::LinesOverlap), "{}", found.verdict);
}

#[test]
fn the_transmission_is_used_where_every_region_has_one() {
    let mut all = regions(&PHOSPHATE);
    for (region, transmission) in all.iter_mut().zip([0.5, 0.55, 0.8, 0.7]) {
        region.transmission = Some(transmission);
        region.area = region.area.map(|(area, err)| (area * transmission, err * transmission));
    }
    let found = quantify(&all, &[]).unwrap();
    assert_phosphate(&found);
    assert_eq!((found.verdict.quality, found.transmission_used), (Quality::Good, true));
    all[2].transmission = None;
    let found = quantify(&all, &[]).unwrap();
    assert_eq!((found.verdict.quality, found.transmission_used), (Quality::Suspect, false));
}

#[test]
fn a_line_measured_twice_counts_once() {
    let mut all = regions(&PHOSPHATE);
    all.push(all[3].clone());
    let found = quantify(&all, &[]).unwrap();
    assert_phosphate(&found);
    assert_eq!(found.verdict.quality, Quality::Good);
    all[4].area = all[4].area.map(|(area, err)| (1.5 * area, err));
    assert!(quantify(&all, &[]).unwrap().verdict.has(ReasonCode::LargeScatter));
}

#[test]
fn regions_of_another_source_or_pass_energy_are_not_compared() {
    let mut all = regions(&PHOSPHATE);
    all[2].pass_energy_ev = Some(20.0);
    let words = "the pass energies of the regions differ, 20 eV to 50 eV: the analyser transmits different fractions";
    assert_eq!(quantify(&all, &[]).unwrap().verdict.words().as_deref(), Some(words));
    all[2].photon_energy_ev = Some(1253.6);
    assert!(quantify(&all, &[]).is_err());
}

#[test]
fn intervals_hold_the_truth_if_counting_and_factors_are_uncertain_as_stated() {
    let mut noise = Noise::new(31);
    let mut held = [0_u32; 5];
    let truth =
        [("Li 1s", 29.0, 6.0), ("B 1s", 10.0, 5.0), ("O 1s", 45.0, 2.0), ("P 2p", 6.0, 4.0), ("C 1s", 10.0, 2.0)];
    for _ in 0..2000 {
        let mut all = regions(&truth);
        // The factor of each line differs from the table; that of P 2s too.
        let factors: Vec<f64> = (0..6).map(|_| 1.0 + 0.05 * noise.normal()).collect();
        for (place, region) in all.iter_mut().enumerate() {
            let (area, _) = region.area.unwrap();
            let overlap = if place == 1 { 1e4 * 6.0 * 1.18 * 5.0 * factors[5] } else { 0.0 };
            let (exact, err) = (area * factors[place] + overlap, 0.03 * area);
            region.area = Some((exact + err * noise.normal(), err));
        }
        let found = quantify(&all, &[]).unwrap();
        assert_eq!(found.verdict.quality, Quality::Good, "{}", found.verdict);
        for (held, (name, truth, _)) in held.iter_mut().zip(truth) {
            let (value, err) = content(&found, CoreLine::parse(name).unwrap().element().symbol());
            *held += u32::from((value - truth).abs() <= 1.96 * err);
        }
    }
    println!("composition: {held:?} of 2000");
    assert!(held.iter().all(|held| (1850..=1945).contains(held)), "{held:?} of 2000");
}

#[test]
fn hydrocarbon_is_the_component_of_lowest_energy() {
    let mut noise = Noise::new(41);
    // Charging (eV), and areas of hydrocarbon, C–O, carboxyl, carbonate.
    for (charging, areas) in [
        (0.6, [20_000.0, 0.0, 0.0, 0.0]),
        (0.6, [20_000.0, 5_000.0, 2_500.0, 0.0]),
        (0.4, [8_000.0, 1_500.0, 0.0, 30_000.0]),
        (-1.2, [12_000.0, 0.0, 0.0, 15_000.0]),
        (2.4, [9_000.0, 2_500.0, 1_500.0, 4_000.0]),
    ] {
        let (mut held, mut good) = (0, 0);
        for _ in 0..60 {
            let at = [284.6, 286.2, 288.7, 290.0];
            let lines: Vec<Line> = at.iter().zip(areas).map(|(at, area)| (at + charging, area)).collect();
            let (energy, counts) = region(279.0, 297.0, &lines, 1.5, &mut noise);
            let shift = reference_shift(&energy, &counts, 284.6).unwrap();
            held += u32::from((shift.shift_ev + charging).abs() <= 3.0 * shift.shift_err_ev);
            good += u32::from(shift.verdict.quality == Quality::Good);
        }
        println!("charging {charging}, areas {areas:?}: {held} held, {good} good of 60");
        assert!(held >= 58 && good >= 57, "charging {charging}, areas {areas:?}: {held} held, {good} good of 60");
    }
    // Carbonate alone cannot be told from a charged surface.
    let (energy, counts) = region(279.0, 297.0, &[(290.0, 20_000.0)], 1.5, &mut noise);
    let shift = reference_shift(&energy, &counts, 284.6).unwrap();
    assert!(shift.verdict.has(ReasonCode::ShiftImplausible), "{}", shift.verdict);
}

#[test]
fn carbon_is_fitted_with_all_its_components() {
    let mut noise = Noise::new(43);
    let mut held = 0;
    for _ in 0..100 {
        let lines = [(285.1, 12_000.0), (286.6, 4_000.0), (290.2, 7_000.0)];
        let fit = fit("C 1s", &region(280.0, 296.0, &lines, 1.4, &mut noise));
        held += u32::from((fit.area_total - 23_000.0).abs() <= 3.0 * fit.area_total_err);
        assert_eq!(fit.verdict.quality, Quality::Good, "{}", fit.verdict);
        assert_eq!(carbon_names(&fit), ["adventitious", "C-O", "carboxyl or carbonate"]);
    }
    assert!(held >= 97, "{held} of 100");
}

#[test]
fn pairs_are_fitted_as_pairs_and_single_lines_as_single_lines() {
    let mut noise = Noise::new(47);
    for (name, from_ev, to_ev, lines) in [
        ("P 2p", 128.0, 140.0, vec![(133.4, 10_000.0), (134.27, 5_110.0)]),
        ("P 2p", 128.0, 140.0, vec![(133.6, 15_110.0)]),
        ("Ti 2p", 450.0, 472.0, vec![(458.6, 10_000.0), (464.3, 5_153.0)]),
        ("Zr 3d", 176.0, 192.0, vec![(182.2, 10_000.0), (184.63, 6_880.0)]),
    ] {
        let truth: f64 = lines.iter().map(|line| line.1).sum();
        let (mut held, mut good) = (0, 0);
        for _ in 0..60 {
            let fit = fit(name, &region(from_ev, to_ev, &lines, 1.3, &mut noise));
            held += u32::from((fit.area_total - truth).abs() <= 3.0 * fit.area_total_err);
            good += u32::from(fit.area_doubt().is_none());
        }
        println!("{name} {lines:?}: {held} held, {good} good of 60");
        assert!(held >= 58 && good >= 57, "{name} {lines:?}: {held} held, {good} good of 60");
    }
}

#[test]
fn the_integrated_area_is_unbiased_where_there_is_no_line() {
    let mut noise = Noise::new(53);
    let (mut sum, mut held) = (0.0, 0);
    for _ in 0..400 {
        let (energy, counts) = region(186.0, 198.0, &[], 1.5, &mut noise);
        let (area, err) = integrated_area(&energy, &counts).unwrap();
        sum += area / err;
        held += u32::from((area / err).abs() <= 1.96);
    }
    println!("mean {:.3}, {held} of 400 within 1.96", sum / 400.0);
    assert!((sum / 400.0).abs() < 0.2 && (365..=398).contains(&held), "mean {:.3}, {held} of 400", sum / 400.0);
    assert_eq!(integrated_area(&[1.0, 2.0], &[1.0, 2.0]), None);
}
