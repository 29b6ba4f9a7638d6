//! Thickness from the fringes of reflectivity: calculated curves with known truth, and curves of another program.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "functions that tests share")]

use aldb_fit::quality::Quality;
use aldb_fit::reflectivity::{ReflectivityError, find_fringes};
use test_support::{Noise, real_files};

const WAVELENGTH_NM: f64 = 0.154_059_3;

/// A complex number.
type C = (f64, f64);

fn mul(a: C, b: C) -> C {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn div(a: C, b: C) -> C {
    let norm = b.0 * b.0 + b.1 * b.1;
    ((a.0 * b.0 + a.1 * b.1) / norm, (a.1 * b.0 - a.0 * b.1) / norm)
}

fn exp(a: C) -> C {
    (a.0.exp() * a.1.cos(), a.0.exp() * a.1.sin())
}

fn sqrt(a: C) -> C {
    let length = a.0.hypot(a.1);
    let re = (0.5 * (length + a.0)).max(0.0).sqrt();
    (re, (0.5 * (length - a.0)).max(0.0).sqrt().copysign(a.1))
}

/// Thickness (nm), delta, beta and roughness of its upper side (nm), from the surface to the substrate.
type Layer = (f64, f64, f64, f64);

/// Reflectivity of layers (Parratt, with the roughness of Nevot and Croce).
fn reflectivity(two_theta_deg: f64, layers: &[Layer]) -> f64 {
    let k = std::f64::consts::TAU / WAVELENGTH_NM;
    let sin = (0.5 * two_theta_deg).to_radians().sin();
    let inside = |(_, delta, beta, _): &Layer| sqrt((k * k * (sin * sin - 2.0 * delta), 2.0 * k * k * beta));
    let waves: Vec<C> = std::iter::once((k * sin, 0.0)).chain(layers.iter().map(inside)).collect();
    let mut total: Option<C> = None;
    for (place, layer) in layers.iter().enumerate().rev() {
        let (a, b) = (waves[place], waves[place + 1]);
        let product = mul(a, b);
        let rough = exp((-2.0 * layer.3 * layer.3 * product.0, -2.0 * layer.3 * layer.3 * product.1));
        let fresnel = mul(div((a.0 - b.0, a.1 - b.1), (a.0 + b.0, a.1 + b.1)), rough);
        total = Some(match total {
            None => fresnel,
            Some(below) => {
                let phase = exp((-2.0 * b.1 * layer.0, 2.0 * b.0 * layer.0));
                let wave = mul(below, phase);
                let joint = mul(fresnel, wave);
                div((fresnel.0 + wave.0, fresnel.1 + wave.1), (1.0 + joint.0, joint.1))
            }
        });
    }
    total.map_or(0.0, |r| r.0 * r.0 + r.1 * r.1)
}

/// A film on oxidised silicon, counted.
fn curve(film: Layer, oxide_nm: f64, counts: f64, noise: &mut Noise) -> (Vec<f64>, Vec<f64>) {
    let layers = [film, (oxide_nm, 7.05e-6, 9.0e-8, 0.35), (0.0, 7.6e-6, 1.7e-7, 0.2)];
    (10..600)
        .map(|step| {
            let angle = 0.01 * f64::from(step);
            let expected = counts * reflectivity(angle, &layers) + 2.0;
            (angle, (expected + expected.sqrt() * noise.normal()).round().max(0.0))
        })
        .unzip()
}

#[test]
fn the_thickness_is_that_of_the_film() {
    let (mut found, mut good, mut within) = (0, 0, [0; 3]);
    for seed in 0..60 {
        let mut noise = Noise::new(seed);
        let nm = noise.log_between(10.0, 150.0);
        let film = (nm, noise.between(5e-6, 11e-6), 3e-8, noise.between(0.2, 1.0));
        let (angle, counts) = curve(film, noise.between(1.0, 2.5), noise.log_between(1e6, 3e7), &mut noise);
        let Ok(fringes) = find_fringes(&angle, &counts, 10.0 * WAVELENGTH_NM) else { continue };
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
        let (angle, counts) = curve((nm, 7.0e-6, 3e-8, rough), 1.5, 1e7, &mut noise);
        let refused = find_fringes(&angle, &counts, 10.0 * WAVELENGTH_NM);
        let is_refused =
            matches!(refused, Err(ReflectivityError::NoFringes { .. } | ReflectivityError::TooFewPoints { .. }))
                || refused.as_ref().is_ok_and(|fringes| fringes.verdict.quality != Quality::Good);
        assert!(is_refused, "{nm} nm: {refused:?}");
    }
    let (angle, counts) = curve((60.0, 7.0e-6, 3e-8, 0.3), 1.5, 1e7, &mut noise);
    let above: Vec<usize> = (0..angle.len()).filter(|place| angle[*place] > 0.8).collect();
    let part = |values: &[f64]| above.iter().map(|place| values[*place]).collect::<Vec<_>>();
    let refused = find_fringes(&part(&angle), &part(&counts), 10.0 * WAVELENGTH_NM).unwrap_err();
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
