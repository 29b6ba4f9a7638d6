//! Voltammograms, rates and onsets: invented curves with known truth.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "functions that tests share")]

use aldb_fit::electrochemistry::{
    CvOptions, ElectrochemistryError, OnsetOptions, RateOptions, find_onset, find_peak_pairs, rate_capability,
};
use test_support::Noise;

/// Two pairs, as of LiMn2O4, on a sloping baseline; potentials of the anodic and cathodic peaks.
fn voltammogram(noise: &mut Noise, separation: f64, cycles: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (mut time, mut potential, mut current) = (Vec::new(), Vec::new(), Vec::new());
    let mut t = 0.0;
    let peak = |v: f64, at: f64| (-((v - at) / 0.03).powi(2)).exp();
    for _ in 0..cycles {
        for rising in [true, false] {
            for step in 0..1000 {
                let v = if rising { 3.5 + 0.001 * f64::from(step) } else { 4.5 - 0.001 * f64::from(step) };
                let sign = if rising { 1.0 } else { -1.0 };
                let at = [4.0 + 0.5 * sign * separation, 4.13 + 0.5 * sign * separation];
                let exact = sign * (1.0 + 20.0 * peak(v, at[0]) + 18.0 * peak(v, at[1])) + 0.5 * (v - 4.0);
                time.push(t);
                potential.push(v);
                current.push(exact + 0.2 * noise.normal());
                t += 1.0;
            }
        }
    }
    (time, potential, current)
}

#[test]
fn separations_of_peaks_are_those_of_the_truth() {
    let (mut inside, mut all) = (0_usize, 0_usize);
    for seed in 0..300 {
        let mut noise = Noise::new(seed);
        let separation = noise.between(0.03, 0.12);
        let (time, potential, current) = voltammogram(&mut noise, separation, 2);
        let pairs = find_peak_pairs(Some(&time), &potential, &current, &CvOptions::default()).unwrap();
        assert_eq!(pairs.len(), 4, "{seed}: {pairs:?}");
        for pair in &pairs {
            all += 1;
            assert!((pair.scan_rate_v_per_s.unwrap() - 0.001).abs() < 1e-5);
            assert!((pair.separation_v - separation).abs() < 0.004, "{seed}: {} {separation}", pair.separation_v);
            inside += usize::from((pair.separation_v - separation).abs() < 1.96 * pair.separation_err_v);
            assert!((pair.anodic_current_density_ua_per_cm2 - 19.0).abs() < 2.5, "{pair:?}");
        }
    }
    let share = inside as f64 / all as f64;
    eprintln!("separation: {share:.3} inside");
    assert!((0.93..=0.97).contains(&share), "{share}");
}

#[test]
fn peaks_of_one_direction_alone_are_not_pairs_and_are_counted() {
    let (time, potential, mut current) = voltammogram(&mut Noise::new(1), 0.06, 1);
    current[1000..].iter_mut().zip(&potential[1000..]).for_each(|(current, v)| *current = -1.0 + 0.5 * (v - 4.0));
    let refused = find_peak_pairs(Some(&time), &potential, &current, &CvOptions::default()).unwrap_err();
    assert_eq!(refused, ElectrochemistryError::Unpaired { anodic: 2, cathodic: 0 });
}

#[test]
fn noise_alone_has_no_peaks() {
    let mut noise = Noise::new(1);
    let (_, potential, _) = voltammogram(&mut noise, 0.05, 1);
    let current: Vec<f64> = potential.iter().map(|_| noise.normal()).collect();
    let error = find_peak_pairs(None, &potential, &current, &CvOptions::default()).unwrap_err().to_string();
    assert!(error.starts_with("no peaks: signal to noise of the largest"), "{error}");
}

/// A wave that rises by e every 50 mV: the onset is where it has grown to five standard deviations, which is known.
#[test]
fn onsets_are_where_the_current_has_left_its_baseline() {
    let (mut deviations, mut inside, mut found) = (Vec::new(), 0_usize, 0_usize);
    for seed in 0..2000 {
        let mut noise = Noise::new(seed);
        let (sigma, scale) = (noise.between(0.01, 0.05), noise.between(0.03, 0.08));
        let visible = noise.between(4.0, 5.7);
        let wave = |v: f64| 5.0 * sigma * ((v - visible) / scale).exp();
        let (slope, offset) = (noise.between(0.0, 0.1), noise.between(-0.1, 0.1));
        let potential: Vec<f64> = (0..1000).map(|step| 3.0 + 0.003 * f64::from(step)).collect();
        let current: Vec<f64> =
            potential.iter().map(|v| offset + slope * (v - 3.0) + wave(*v) + sigma * noise.normal()).collect();
        let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
        let Some(onset_v) = onset.onset_v else { continue };
        found += 1;
        deviations.push(onset_v - visible);
        inside += usize::from((onset_v - visible).abs() < 2.0 * onset.onset_err_v.unwrap());
    }
    deviations.sort_by(f64::total_cmp);
    let (median, share) = (deviations[deviations.len() / 2], inside as f64 / found as f64);
    eprintln!("onset: {found} of 2000, median deviation {:.1} mV, {share:.3} inside", 1000.0 * median);
    assert!(found >= 1990, "{found}");
    assert!(median.abs() < 0.02, "{median}");
}

#[test]
fn a_quiet_scan_has_no_onset() {
    let mut wrong = 0;
    for seed in 0..500 {
        let mut noise = Noise::new(seed);
        let potential: Vec<f64> = (0..1000).map(|step| 3.0 + 0.003 * f64::from(step)).collect();
        let slope = noise.between(0.0, 0.1);
        let current: Vec<f64> = potential.iter().map(|v| slope * v + 0.03 * noise.normal()).collect();
        let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
        wrong += usize::from(onset.onset_v.is_some());
        if onset.onset_v.is_none() {
            assert_eq!(onset.verdict.to_string(), "good: the current stays on its baseline up to 6.0 V");
        }
    }
    assert_eq!(wrong, 0);
}

#[test]
fn capacities_follow_the_rate() {
    let mut noise = Noise::new(5);
    let (mut time, mut current, mut t) = (Vec::new(), Vec::new(), 0.0);
    let truth = [(1.0, 6.0), (5.0, 5.0), (100.0, 2.0), (1.0, 5.9)];
    for (rate, capacity) in truth {
        for cycle in 0..5 {
            for sign in [1.0, -1.0] {
                let density = 6.0 * rate;
                let hours = capacity * (1.0 + 0.01 * noise.normal()) / density;
                let points = 400;
                for step in 0..points {
                    time.push(t + 3600.0 * hours * f64::from(step) / f64::from(points - 1));
                    current.push(sign * density);
                }
                t += 3600.0 * hours + 1.0 + f64::from(cycle);
            }
        }
    }
    let steps = rate_capability(&time, &current, &RateOptions { one_c_ua_per_cm2: Some(6.0) }).unwrap();
    assert_eq!(steps.len(), truth.len());
    for (step, (rate, capacity)) in steps.iter().zip(truth) {
        assert!((step.c_rate.unwrap() / rate - 1.0).abs() < 1e-6, "{step:?}");
        let distance = (step.capacity_density_uah_per_cm2 - capacity).abs() / step.capacity_density_err_uah_per_cm2;
        assert!(distance < 4.0 && step.n_cycles == 5, "{step:?}");
    }
    assert_eq!(steps[0].retention, 1.0);
}

#[test]
fn no_input_is_a_panic() {
    let hostile: [&[f64]; 6] = [&[], &[1.0], &[f64::NAN; 60], &[f64::INFINITY; 60], &[5.0; 60], &[1e308; 60]];
    for a in hostile {
        for b in hostile {
            drop(find_peak_pairs(Some(a), b, a, &CvOptions::default()));
            drop(find_peak_pairs(None, a, b, &CvOptions::default()));
            drop(find_onset(a, b, &OnsetOptions::default()));
            drop(rate_capability(a, b, &RateOptions { one_c_ua_per_cm2: None }));
        }
    }
}
