//! Composition: invented profiles with known truth, and a profile that another program evaluated.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "functions that tests share")]

use aldb_fit::composition::{CompositionOptions, ProfilePoint, fit_composition, ratio};
use aldb_fit::quality::{Quality, ReasonCode};
use test_support::{Noise, real_files};

/// A film of 60 nm on silicon with a diffuse interface and carbon and hydrogen on its surface.
fn profile(truth: &[(&'static str, f64)], noise: &mut Noise, rho: f64) -> Vec<ProfilePoint<'static>> {
    let (mut points, mut last) = (Vec::new(), vec![0.0; truth.len() + 1]);
    for step in 0..100 {
        let depth = f64::from(step);
        let film = 1.0 / (1.0 + ((depth - 60.0) / 2.0).exp());
        let surface = (-depth / 1.5).exp();
        for (place, (element, content)) in truth.iter().chain([&("Si", 0.0)]).enumerate() {
            last[place] = rho * last[place] + (1.0 - rho * rho).sqrt() * noise.normal();
            let extra = if ["C", "H"].contains(element) { 25.0 * surface } else { 0.0 };
            let exact = content * film * (1.0 - 0.5 * surface)
                + extra
                + if *element == "Si" { 100.0 * (1.0 - film) } else { 0.0 };
            let sigma = 0.1 + 0.03 * exact;
            points.push(ProfilePoint { depth, element, content_percent: exact + sigma * last[place], counts: None });
        }
    }
    points
}

#[test]
fn ninety_five_percent_intervals_contain_the_truth() {
    let truth = [("Li", 28.3), ("B", 20.7), ("O", 43.9), ("C", 1.7), ("H", 5.4)];
    for rho in [0.0, 0.4] {
        let (mut inside, mut all, mut short) = (0_usize, 0_usize, 0);
        for seed in 0..2000 {
            let points = profile(&truth, &mut Noise::new(seed), rho);
            let found = fit_composition(&points, &CompositionOptions::default()).unwrap();
            short += usize::from(found.n_depths < 20);
            for (element, content) in truth {
                let value = found.elements.iter().find(|content| content.element == element).unwrap();
                all += 1;
                inside += usize::from((value.content_percent - content).abs() < 2.0 * value.content_err_percent);
            }
        }
        let share = inside as f64 / all as f64;
        eprintln!("correlation {rho}: {share:.3} inside, {short} of 2000 plateaus below 20 depths");
        // Some forty depths tell the correlation of neighbours itself only roughly.
        let least = if rho > 0.0 { 0.90 } else { 0.93 };
        assert!((least..=0.97).contains(&share), "correlation {rho}: {share}");
        // Noise may cut a plateau; what is left of it is right, and less well known.
        assert!(short < 160, "{short}");
    }
}

/// A film of `thickness` on silicon: 200 depths of 1 nm, an interface `blur` nm wide, contents with noise of 0.1 + `noise`
/// of the content.
fn thin(thickness: f64, blur: f64, noise: f64, draw: &mut Noise) -> Vec<ProfilePoint<'static>> {
    let truth = [("Li", 30.0), ("B", 20.0), ("O", 48.0), ("C", 2.0), ("Si", 0.0)];
    let mut points = Vec::new();
    for step in 0..200 {
        let depth = f64::from(step) + 0.5;
        let film = 1.0 / (1.0 + ((depth - thickness) / blur).exp());
        let surface = (-depth / 1.5).exp();
        for (element, content) in truth {
            let extra = if element == "C" { 25.0 * surface } else { 0.0 };
            let substrate = if element == "Si" { 100.0 * (1.0 - film) } else { 0.0 };
            let exact = content * film * (1.0 - 0.25 * surface) + extra + substrate;
            let content_percent = exact + (0.1 + noise * exact) * draw.normal();
            points.push(ProfilePoint { depth, element, content_percent, counts: None });
        }
    }
    points
}

#[test]
fn a_film_that_is_a_small_part_of_the_scan_is_not_taken_for_its_substrate() {
    for (thickness, recipe) in
        [(120.0, vec![]), (45.0, vec![]), (30.0, vec!["Li", "Si", "N", "B", "O", "C", "H"]), (20.0, vec![])]
    {
        let (mut inside, mut all, mut good) = (0_usize, 0_usize, 0_usize);
        for seed in 0..200 {
            let options = CompositionOptions { recipe: recipe.clone(), ..CompositionOptions::default() };
            let found = fit_composition(&thin(thickness, 1.0, 0.03, &mut Noise::new(seed)), &options).unwrap();
            good += usize::from(found.verdict.quality == Quality::Good || found.verdict.has(ReasonCode::TooFewPoints));
            for (element, content) in [("Li", 30.0), ("B", 20.0), ("O", 48.0)] {
                let value = found.elements.iter().find(|content| content.element == element).unwrap();
                all += 1;
                inside += usize::from((value.content_percent - content).abs() < 3.0 * value.content_err_percent);
            }
            let (depth, depth_err) = found.film_depth.unwrap();
            assert!(
                (depth - thickness).abs() < 3.0 * depth_err && depth_err < 3.0,
                "{thickness} nm: {depth} ± {depth_err}"
            );
            assert!(found.window_max < thickness + 2.0, "{thickness} nm: window to {}", found.window_max);
        }
        assert!(good >= 190, "{thickness} nm: {good} of 200 good");
        assert!(inside * 100 >= all * 96, "{thickness} nm: {inside} of {all} within three standard errors");
    }
}

/// A layer below the film, here an electrode, is not a part of it; a profile that ends within the film shows no end.
#[test]
fn the_film_ends_where_one_of_its_elements_does() {
    let draw = &mut Noise::new(3);
    let mut points = thin(80.0, 1.5, 0.02, draw);
    for point in points.iter_mut().filter(|point| point.element == "Si" && point.depth < 130.0) {
        point.content_percent = 0.1 * draw.normal();
    }
    let electrode = (0..200).map(|step| {
        let depth = f64::from(step) + 0.5;
        let content = if (80.0..130.0).contains(&depth) { 100.0 } else { 0.0 };
        ProfilePoint { depth, element: "Pt", content_percent: content + 0.1 * draw.normal(), counts: None }
    });
    let electrode: Vec<_> = electrode.collect();
    points.extend(electrode);
    let (depth, depth_err) = fit_composition(&points, &CompositionOptions::default()).unwrap().film_depth.unwrap();
    assert!((depth - 80.0).abs() < 3.0 * depth_err && depth_err < 3.0, "{depth} ± {depth_err}");

    let points = thin(400.0, 1.0, 0.02, &mut Noise::new(4));
    assert_eq!(fit_composition(&points, &CompositionOptions::default()).unwrap().film_depth, None);
}

#[test]
fn a_film_that_the_resolution_does_not_show_has_no_composition() {
    for recipe in [vec![], vec!["Li", "Si", "N", "B", "O", "C", "H"]] {
        for seed in 0..100 {
            let options = CompositionOptions { recipe: recipe.clone(), ..CompositionOptions::default() };
            let found = fit_composition(&thin(3.0, 2.5, 0.03, &mut Noise::new(seed)), &options);
            let is_good = found.as_ref().is_ok_and(|found| found.verdict.quality == Quality::Good);
            assert!(!is_good, "{found:?}");
        }
    }
    let error = fit_composition(&thin(2.0, 0.5, 0.0, &mut Noise::new(1)), &CompositionOptions::default());
    let words = error.unwrap_err().to_string();
    assert!(words.starts_with("no plateau of the film: B reaches "), "{words}");
}

#[test]
fn a_sum_far_from_100_percent_is_suspect_whatever_its_uncertainty() {
    let mut noise = Noise::new(3);
    for (scale, scatter) in [(0.66, 0.01), (0.66, 0.4), (1.12, 0.03)] {
        for _ in 0..100 {
            let mut points = profile(&[("Li", 30.0), ("B", 20.0), ("O", 50.0)], &mut noise, 0.0);
            for point in &mut points {
                point.content_percent *= scale * (1.0 + scatter * noise.normal());
            }
            let found = fit_composition(&points, &CompositionOptions::default());
            let is_good = found.as_ref().is_ok_and(|found| found.verdict.quality == Quality::Good);
            assert!(!is_good, "{scale} {scatter}: {found:?}");
        }
    }
}

#[test]
fn a_ratio_carries_both_errors() {
    let (value, error) = ratio((13.6, 0.2), (2.6, 0.1)).unwrap();
    assert!((value - 5.2308).abs() < 1e-4 && (error - 0.21545).abs() < 1e-3, "{value} {error}");
    assert_eq!(ratio((1.0, 0.1), (0.1, 0.1)), None);
}

#[test]
fn no_input_is_a_panic() {
    let point = ProfilePoint { depth: 1.0, element: "Li", content_percent: 1.0, counts: None };
    for points in [vec![], vec![point], vec![point; 50], vec![ProfilePoint { depth: f64::NAN, ..point }; 50]] {
        assert!(fit_composition(&points, &CompositionOptions::default()).is_err());
    }
}

/// The means over given windows are arithmetic and must agree to the rounding of the published numbers; the window that is
/// found must lie inside the film.
#[test]
fn a_profile_analysed_by_another_program_gives_the_same_result() {
    let Some(folder) = real_files("erd") else { return };
    let golden = std::fs::read_to_string(folder.join("golden/composition/potku_depthfiles.json")).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&golden).unwrap();
    let depths = folder.join("potku/depthfiles");
    let rows = |name: &str| -> Vec<Vec<f64>> {
        let text = std::fs::read_to_string(depths.join(name)).unwrap();
        text.lines().map(|line| line.split_whitespace().filter_map(|cell| cell.parse().ok()).collect()).collect()
    };
    let total = rows("depth.total");
    let mut points = Vec::new();
    for element in ["H", "Li", "O", "Mn", "Si"] {
        let file = std::fs::read_dir(&depths)
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .find(|name| {
                name.strip_prefix("depth.")
                    .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()) == element)
            });
        let Some(file) = file else { continue };
        for (row, whole) in rows(&file).iter().zip(&total) {
            if row.len() > 3 && whole[3] > 0.0 {
                points.push(ProfilePoint {
                    depth: row[0],
                    element,
                    content_percent: 100.0 * row[3] / whole[3],
                    counts: None,
                });
            }
        }
    }
    for part in ["bulk", "narrower_window"] {
        let window = &golden[part]["window_1e15at_cm2"];
        let window = (window[0].as_f64().unwrap(), window[1].as_f64().unwrap());
        let options = CompositionOptions { window: Some(window), ..CompositionOptions::default() };
        let found = fit_composition(&points, &options).unwrap();
        assert_eq!(found.n_depths as u64, golden[part]["rows"].as_u64().unwrap());
        for (element, expected) in golden[part]["elements"].as_object().unwrap() {
            let value = found.elements.iter().find(|content| content.element == *element).unwrap();
            let mean = expected["mean_at_percent"].as_f64().unwrap();
            assert!(
                (value.content_percent - mean).abs() < 1e-4,
                "{part} {element}: {} expected {mean}",
                value.content_percent
            );
        }
    }
    let found = fit_composition(&points, &CompositionOptions::default()).unwrap();
    eprintln!("{found:?}");
    assert!(found.window_min >= 30.0 && found.window_max <= 560.0, "{} to {}", found.window_min, found.window_max);
    for (element, expected) in golden["bulk"]["elements"].as_object().unwrap() {
        let value = found.elements.iter().find(|content| content.element == *element).unwrap();
        let (mean, error) =
            (expected["mean_at_percent"].as_f64().unwrap(), expected["stderr_at_percent"].as_f64().unwrap());
        let distance = (value.content_percent - mean).abs() / error.hypot(value.content_err_percent);
        assert!(distance < 3.0, "{element}: {} expected {mean}", value.content_percent);
    }
}
