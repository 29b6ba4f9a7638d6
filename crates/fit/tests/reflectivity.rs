//! Thickness from the fringes of reflectivity: calculated curves with known truth, and curves of another program.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "functions that tests share")]

use aldb_fit::quality::Quality;
use aldb_fit::reflectivity::{ReflectivityError, find_fringes};
use test_support::{CU_K_ALPHA_1_ANGSTROM, Noise, XrayLayer, film_reflectivity, real_files};

#[test]
fn the_thickness_is_that_of_the_film() {
    let (mut found, mut good, mut within) = (0, 0, [0; 3]);
    for seed in 0..60 {
        let mut noise = Noise::new(seed);
        let nm = noise.log_between(10.0, 150.0);
        let (delta, roughness_nm) = (noise.between(5e-6, 11e-6), noise.between(0.2, 1.0));
        let film = XrayLayer { nm, delta, beta: 3e-8, roughness_nm };
        let (angle, counts) = film_reflectivity(film, noise.between(1.0, 2.5), noise.log_between(1e6, 3e7), &mut noise);
        let Ok(fringes) = find_fringes(&angle, &counts, CU_K_ALPHA_1_ANGSTROM) else { continue };
        found += 1;
        if fringes.verdict.quality == Quality::Good {
            good += 1;
            let distance = (fringes.thickness_nm - nm).abs() / fringes.thickness_err_nm;
            within.iter_mut().zip([1.0, 2.0, 3.0]).for_each(|(count, limit)| *count += i32::from(distance < limit));
            assert!(distance < 4.0, "{seed}: {nm:.1} nm: {fringes:?}");
        }
    }
    // A film as dense as the silicon below it has no fringes.
    eprintln!("of 60 curves {found} have fringes, {good} are good; {within:?} within 1, 2, 3 standard uncertainties");
    assert!(found >= 54 && good >= 50 && within[1] * 100 >= good * 90 && within[2] * 100 >= good * 98);
}

#[test]
fn a_curve_without_fringes_or_without_an_edge_gives_no_thickness() {
    let mut noise = Noise::new(1);
    // A wafer alone; a film so rough that nothing interferes.
    for (nm, rough) in [(0.0, 0.3), (60.0, 15.0)] {
        let film = XrayLayer { nm, delta: 6.0e-6, beta: 3e-8, roughness_nm: rough };
        let (angle, counts) = film_reflectivity(film, 1.5, 1e7, &mut noise);
        let refused = find_fringes(&angle, &counts, CU_K_ALPHA_1_ANGSTROM);
        let is_refused =
            matches!(refused, Err(ReflectivityError::NoFringes { .. } | ReflectivityError::TooFewPoints { .. }))
                || refused.as_ref().is_ok_and(|fringes| fringes.verdict.quality != Quality::Good);
        assert!(is_refused, "{nm} nm: {refused:?}");
    }
    let film = XrayLayer { nm: 60.0, delta: 6.0e-6, beta: 3e-8, roughness_nm: 0.3 };
    let (angle, counts) = film_reflectivity(film, 1.5, 1e7, &mut noise);
    let above: Vec<usize> = (0..angle.len()).filter(|place| angle[*place] > 0.8).collect();
    let part = |values: &[f64]| above.iter().map(|place| values[*place]).collect::<Vec<_>>();
    let refused = find_fringes(&part(&angle), &part(&counts), CU_K_ALPHA_1_ANGSTROM).unwrap_err();
    assert!(matches!(refused, ReflectivityError::NoEdge { .. }), "{refused}");
    let refused = find_fringes(&[], &[], 1.54).unwrap_err().to_string();
    assert_eq!(refused, "0 points between the edge of total reflection and the end of the signal, 40 needed");
    for odd in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        drop(find_fringes(&angle, &vec![odd; angle.len()], 1.54));
        drop(find_fringes(&vec![odd; angle.len()], &counts, 1.54));
        assert!(find_fringes(&angle, &counts, odd).is_err());
    }
}

/// Curves calculated by xrayutilities for films of lithium borate and phosphate on oxidised silicon.
#[test]
fn curves_of_another_program_give_their_thickness() {
    let Some(folder) = real_files("xrd_b/synthetic_xrr") else { return };
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap();
    for film in truth["curves"].as_array().unwrap() {
        let text = std::fs::read_to_string(folder.join(film["file"].as_str().unwrap())).unwrap();
        let rows = text.lines().skip(1).map(|line| {
            let mut cells = line.split(',').map(|cell| cell.parse::<f64>().unwrap());
            (cells.next().unwrap(), cells.next().unwrap())
        });
        let (angle, counts): (Vec<f64>, Vec<f64>) = rows.unzip();
        let fringes = find_fringes(&angle, &counts, film["wavelength_A"].as_f64().unwrap()).unwrap();
        let truth = film["thickness_nm"].as_f64().unwrap();
        assert_eq!(fringes.verdict.quality, Quality::Good, "{fringes:?}");
        let distance = (fringes.thickness_nm - truth).abs() / fringes.thickness_err_nm;
        assert!(distance < 2.5, "{truth:.2} nm: {fringes:?}");
    }
}
