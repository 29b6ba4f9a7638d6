//! The thickness of a film from sources that cover it in whole or in part, agree or contradict each other.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, reason = "functions that tests share")]

use aldb_fit::quality::{Quality, ReasonCode};
use aldb_fit::thickness::{Evidence, ProfileDepth, Reflectivity, Scan, Source, Spot, Thickness, combine_thickness};

/// A scan of `cycles` cycles of 0.4 Å.
fn scan(cycles: f64) -> Scan {
    Scan {
        film_nm: 0.04 * cycles,
        film_err_nm: Some(0.01),
        gpc_angstrom: 0.4,
        start_nm: Some(1.5),
        from_cycle: Some(0.0),
        cycles: Some(cycles),
        ..Scan::default()
    }
}

fn spot(nm: f64) -> Spot {
    Spot { measurement: "m".to_owned(), nm: Some(nm), err_nm: Some(0.3), ..Spot::default() }
}

fn of(stated: Option<(f64, Option<f64>)>, scans: Vec<Scan>, spots: Vec<Spot>, cycles: Option<f64>) -> Thickness {
    combine_thickness(&Evidence { stated, scans, spots, cycles, ..Evidence::default() }).unwrap()
}

fn good(film: &Thickness, nm: f64, source: Source) {
    assert!((film.nm - nm).abs() < 1e-9 && film.source == source, "{film:?}");
    assert_eq!(film.verdict.quality, Quality::Good, "{}", film.verdict);
}

#[test]
fn a_scan_of_all_cycles_is_taken_and_agrees_with_the_sheet() {
    let film = of(Some((80.0, Some(1.0))), vec![scan(2000.0)], Vec::new(), Some(2000.0));
    good(&film, 80.0, Source::Growth);
    assert!((film.err_nm - 0.01).abs() < 1e-12 && film.cycles_watched == Some(2000.0));
    good(&of(None, vec![scan(2000.0)], Vec::new(), None), 80.0, Source::Growth);
}

#[test]
fn a_scan_of_part_of_the_cycles_does_not_count_for_the_film() {
    let film = of(Some((80.0, Some(1.0))), vec![scan(300.0)], Vec::new(), Some(2000.0));
    good(&film, 80.0, Source::Stated);
    assert_eq!((film.err_nm, film.cycles_watched), (1.0, Some(300.0)));
    // 12 nm and 1,700 cycles of 0.4 Å, to a tenth of these.
    let (nm, err) = film.growth_nm.unwrap();
    assert!((nm - 80.0).abs() < 1e-9 && (err - 6.8).abs() < 1e-3);
    let film = of(None, vec![scan(300.0)], Vec::new(), Some(2000.0));
    assert!((film.nm - 80.0).abs() < 1e-9 && film.verdict.has(ReasonCode::Extrapolated), "{film:?}");
    assert_eq!(
        film.verdict.words().as_deref(),
        Some("1 scan covers 300 of the 2000 cycles; the others are taken to have grown as much each")
    );
    // What the sheet says and 300 cycles of 0.4 Å cannot both be right.
    let film = of(Some((120.0, Some(1.0))), vec![scan(300.0)], Vec::new(), Some(2000.0));
    assert!(film.verdict.has(ReasonCode::SourcesDisagree), "{film:?}");
}

#[test]
fn scans_that_follow_each_other_are_added() {
    let at = |begin: f64, end: f64| Scan { clock_s: Some((begin, end)), ..scan(1000.0) };
    let film = of(None, vec![at(0.0, 6e4), at(6.1e4, 12e4)], Vec::new(), Some(2000.0));
    good(&film, 80.0, Source::Growth);
    let by_number = Scan { from_cycle: Some(1000.0), ..scan(1000.0) };
    good(&of(None, vec![scan(1000.0), by_number], Vec::new(), None), 80.0, Source::Growth);
    let by_level = Scan { start_nm: Some(41.5), ..scan(1000.0) };
    good(&of(None, vec![by_level, scan(1000.0)], Vec::new(), None), 80.0, Source::Growth);
    good(&of(None, vec![scan(1000.0), scan(1000.0)], Vec::new(), Some(2000.0)), 80.0, Source::Growth);
    // Two ellipsometers, or two exports of one scan.
    good(&of(None, vec![at(0.0, 12e4), at(10.0, 12e4)], Vec::new(), None), 40.0, Source::Growth);
    good(&of(None, vec![scan(1000.0), scan(1000.0)], Vec::new(), Some(1000.0)), 40.0, Source::Growth);
    let film = of(None, vec![scan(1000.0), scan(1000.0)], Vec::new(), None);
    assert!(film.verdict.has(ReasonCode::AmbiguousSolution), "{film:?}");
}

#[test]
fn a_scan_that_failed_leaves_a_sum_in_doubt() {
    let failed = Scan { quality: Quality::Failed, reason: Some("drifts".to_owned()), ..scan(1000.0) };
    let film = of(None, vec![scan(1000.0), failed.clone()], Vec::new(), None);
    assert!(film.verdict.has(ReasonCode::InputSuspect), "{film:?}");
    good(&of(None, vec![scan(1000.0), failed.clone()], Vec::new(), Some(1000.0)), 40.0, Source::Growth);
    let film = of(None, vec![scan(1000.0), failed], Vec::new(), Some(2000.0));
    assert!(film.verdict.has(ReasonCode::Extrapolated), "{film:?}");
}

#[test]
fn the_last_spectrum_of_a_series_counts() {
    let series: Vec<Spot> =
        (0..=75).map(|k| Spot { time_s: Some(60.0 * f64::from(k)), ..spot(5.0 + f64::from(k)) }).collect();
    good(&of(None, Vec::new(), series.clone(), None), 80.0, Source::Spectrum);
    let mut ends_badly = series;
    ends_badly[75].quality = Quality::Failed;
    let film = of(None, Vec::new(), ends_badly, None);
    assert!((film.nm - 79.0).abs() < 1e-12 && film.verdict.has(ReasonCode::InputSuspect), "{film:?}");
}

#[test]
fn places_are_averaged_and_their_spread_counts() {
    let place = |x: f64, y: f64, nm: f64| Spot { place_mm: (Some(x), Some(y)), time_s: Some(x + y), ..spot(nm) };
    let map = vec![place(0.0, 0.0, 80.0), place(10.0, 0.0, 82.0), place(0.0, 10.0, 78.0)];
    let film = of(None, Vec::new(), map.clone(), None);
    good(&film, 80.0, Source::Spectrum);
    assert!((film.err_nm - (0.09f64 + 4.0).sqrt()).abs() < 1e-9, "{film:?}");
    // One place of three in doubt is left out, two put the mean in doubt.
    let mut doubtful = map;
    doubtful[2].quality = Quality::Suspect;
    good(&of(None, Vec::new(), doubtful.clone(), None), 81.0, Source::Spectrum);
    doubtful[1].quality = Quality::Suspect;
    assert_eq!(of(None, Vec::new(), doubtful, None).verdict.quality, Quality::Suspect);
}

#[test]
fn sources_that_contradict_each_other_are_named() {
    let film = of(Some((80.0, Some(1.0))), Vec::new(), vec![spot(60.0)], None);
    assert_eq!((film.nm, film.source), (80.0, Source::Stated));
    assert_eq!(
        film.verdict.words().as_deref(),
        Some(
            "80.00 ± 1.00 nm (the sheet of the sample) and 60.00 ± 0.30 nm (Ψ and Δ) differ by 19.2 combined standard \
             uncertainties"
        )
    );
    let film = of(Some((80.0, Some(1.0))), vec![scan(1000.0)], Vec::new(), Some(1000.0));
    assert!(film.verdict.has(ReasonCode::SourcesDisagree), "{film:?}");
    good(&of(Some((80.0, Some(1.0))), Vec::new(), vec![spot(80.5)], None), 80.0, Source::Stated);
}

#[test]
fn a_stated_thickness_without_an_uncertainty_has_five_percent() {
    for err in [None, Some(0.0), Some(f64::NAN)] {
        let film = of(Some((80.0, err)), Vec::new(), Vec::new(), None);
        good(&film, 80.0, Source::Stated);
        assert!((film.err_nm - 4.0).abs() < 1e-12);
    }
    let spots = vec![Spot { err_nm: None, ..spot(60.0) }];
    assert_eq!(combine_thickness(&Evidence { spots, ..Evidence::default() }), None);
    assert_eq!(combine_thickness(&Evidence::default()), None);
}

#[test]
fn the_quality_of_the_source_is_that_of_the_thickness() {
    let doubtful = Scan { quality: Quality::Suspect, reason: Some("slightly curved".to_owned()), ..scan(2000.0) };
    let film = of(None, vec![doubtful.clone()], Vec::new(), Some(2000.0));
    assert_eq!(film.verdict.words().as_deref(), Some("growth during deposition: slightly curved"));
    // A good source is preferred.
    good(&of(Some((79.0, Some(1.0))), vec![doubtful], Vec::new(), Some(2000.0)), 79.0, Source::Stated);
    let doubtful = Spot { quality: Quality::Suspect, reason: Some("MSE".to_owned()), ..spot(60.0) };
    assert_eq!(of(None, Vec::new(), vec![doubtful.clone()], None).verdict.quality, Quality::Suspect);
    good(&of(Some((79.0, Some(1.0))), Vec::new(), vec![doubtful], None), 79.0, Source::Stated);
}

#[test]
fn an_etched_film_has_no_thickness_from_the_scan() {
    let etched = Scan { film_nm: -12.0, gpc_angstrom: -0.4, ..scan(300.0) };
    assert_eq!(combine_thickness(&Evidence { scans: vec![etched], ..Evidence::default() }), None);
}

/// The scale of a depth profile is that of an assumed density: it shows a thickness that is far off, and is never taken.
#[test]
fn a_depth_profile_is_compared() {
    let with = |profiles: Vec<ProfileDepth>| {
        combine_thickness(&Evidence { stated: Some((80.0, Some(1.0))), profiles, ..Evidence::default() })
    };
    let length = |nm| ProfileDepth::Length { nm, err_nm: 1.0 };
    let atoms = |per_cm2| ProfileDepth::Atoms { per_cm2, err_per_cm2: 20.0 };
    for agrees in [length(70.0), length(95.0), atoms(700.0), atoms(900.0)] {
        good(&with(vec![agrees]).unwrap(), 80.0, Source::Stated);
    }
    for disagrees in [length(40.0), length(160.0), atoms(350.0), atoms(2000.0)] {
        let film = with(vec![disagrees]).unwrap();
        assert!(film.verdict.has(ReasonCode::SourcesDisagree) && film.nm == 80.0, "{film:?}");
    }
    assert_eq!(combine_thickness(&Evidence { profiles: vec![length(70.0)], ..Evidence::default() }), None);
}

#[test]
fn reflectivity_is_taken_after_spectra_and_compared() {
    let curve = |nm, quality, reason: Option<&str>| Reflectivity {
        nm,
        err_nm: 0.9,
        quality,
        reason: reason.map(str::to_owned),
    };
    let of = |stated, reflectivities| combine_thickness(&Evidence { stated, reflectivities, ..Evidence::default() });
    good(&of(None, vec![curve(79.5, Quality::Good, None)]).unwrap(), 79.5, Source::Reflectivity);
    good(&of(Some((80.0, Some(1.0))), vec![curve(79.5, Quality::Good, None)]).unwrap(), 80.0, Source::Stated);
    let film = of(Some((80.0, Some(1.0))), vec![curve(60.0, Quality::Good, None)]).unwrap();
    assert!(film.verdict.has(ReasonCode::SourcesDisagree) && film.nm == 80.0, "{film:?}");
    // A curve in doubt does not count beside a good one, and is suspect alone.
    let doubtful = curve(40.0, Quality::Suspect, Some("2.5 fringes, 3 expected at least"));
    good(&of(None, vec![curve(79.5, Quality::Good, None), doubtful.clone()]).unwrap(), 79.5, Source::Reflectivity);
    let film = of(None, vec![doubtful]).unwrap();
    assert_eq!(film.verdict.words().as_deref(), Some("X-ray reflectivity: 2.5 fringes, 3 expected at least"));
    assert_eq!(of(None, vec![curve(f64::NAN, Quality::Failed, None)]), None);
}
