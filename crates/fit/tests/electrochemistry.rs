//! Voltammograms, rates and onsets: invented curves with known truth.
#![allow(clippy::float_cmp, reason = "exact values are expected")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "functions that tests share")]

use aldb_fit::electrochemistry::{
    CvOptions, ElectrochemistryError, OnsetOptions, RateOptions, find_onset, find_peak_pairs, rate_capability,
};
use aldb_fit::quality::Quality;
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
    assert!((0.93..=0.985).contains(&share), "{share}");
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

fn sweep(current: impl Fn(f64) -> f64, noise: impl FnMut() -> f64) -> (Vec<f64>, Vec<f64>) {
    let mut noise = noise;
    let potential: Vec<f64> = (0..1000).map(|step| 3.0 + 0.003 * f64::from(step)).collect();
    let current = potential.iter().map(|v| current(*v) + noise()).collect();
    (potential, current)
}

/// An exponential rise has no beginning: its onset is where it has grown to five standard deviations, which is known.
#[test]
fn an_exponential_current_leaves_its_baseline_where_it_becomes_visible() {
    let (mut deviations, mut inside, mut found) = (Vec::new(), 0_usize, 0_usize);
    for seed in 0..400 {
        let mut noise = Noise::new(seed);
        let (sigma, scale) = (noise.between(0.01, 0.05), noise.between(0.03, 0.08));
        let visible = noise.between(4.0, 5.7);
        let (slope, offset) = (noise.between(0.0, 0.1), noise.between(-0.1, 0.1));
        let current = |v: f64| offset + slope * (v - 3.0) + 5.0 * sigma * ((v - visible) / scale).exp();
        let (potential, current) = sweep(current, || sigma * noise.normal());
        let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
        let Some(onset_v) = onset.onset_v else { continue };
        found += 1;
        deviations.push(onset_v - visible);
        inside += usize::from((onset_v - visible).abs() < 2.0 * onset.onset_err_v.unwrap());
    }
    deviations.sort_by(f64::total_cmp);
    let (median, share) = (deviations[deviations.len() / 2], inside as f64 / found as f64);
    eprintln!("exponential onset: {found} of 400, median deviation {:.1} mV, {share:.3} inside", 1000.0 * median);
    assert!(found >= 398 && median.abs() < 0.02 && share > 0.9, "{found} {median} {share}");
}

/// A current that begins at a potential is found there, not where it exceeds the noise.
#[test]
fn the_onset_is_where_the_rise_begins() {
    for power in [1, 2] {
        let (mut deviations, mut inside) = (Vec::new(), [0_usize; 2]);
        for seed in 0..300 {
            let mut noise = Noise::new(10_000 + seed);
            let (sigma, truth) = (noise.between(0.01, 0.05), noise.between(4.0, 5.5));
            let height = noise.log_between(20.0, 200.0);
            let current = |v: f64| 0.1 + 0.05 * v + height * (v - truth).max(0.0).powi(power);
            let (potential, current) = sweep(current, || sigma * noise.normal());
            let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
            let (deviation, err) = (onset.onset_v.unwrap() - truth, onset.onset_err_v.unwrap());
            assert_eq!(onset.lasting_onset_v, onset.onset_v);
            assert_eq!(onset.return_v, None);
            // Where the excess is 1 µA/cm².
            let at_threshold = truth + (1.0 / height).powf(1.0 / f64::from(power));
            let by_threshold = (onset.threshold_v.unwrap() - at_threshold).abs() / onset.threshold_err_v.unwrap();
            assert!(by_threshold < 5.0, "{seed}: {by_threshold}");
            deviations.push(deviation);
            inside[0] += usize::from(deviation.abs() < err);
            inside[1] += usize::from(deviation.abs() < 2.0 * err);
        }
        deviations.sort_by(f64::total_cmp);
        let [one, two] = inside.map(|count| count as f64 / 300.0);
        eprintln!(
            "onset of power {power}: median deviation {:.1} mV, {one:.3} and {two:.3} inside",
            1000.0 * deviations[150]
        );
        assert!(deviations[150].abs() < 0.01 && two > 0.9, "{} {one} {two}", deviations[150]);
    }
}

#[test]
fn a_quiet_scan_has_no_onset_whatever_the_memory_of_its_noise() {
    for memory in [0.0_f64, 0.7, 0.9, 0.97] {
        let mut wrong = 0;
        for seed in 0..150 {
            let mut noise = Noise::new(seed);
            let slope = noise.between(0.0, 0.1);
            let mut value = 0.0;
            let (potential, current) = sweep(
                |v| slope * v,
                || {
                    value = memory * value + (1.0 - memory * memory).sqrt() * noise.normal();
                    0.03 * value
                },
            );
            let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
            wrong += usize::from(onset.onset_v.is_some() && onset.verdict.quality == Quality::Good);
            if onset.verdict.quality == Quality::Good && onset.onset_v.is_none() {
                assert_eq!(onset.verdict.to_string(), "good: the current stays on its baseline up to 6.0 V");
            }
        }
        assert!(wrong <= 1, "{wrong} with a memory of {memory}");
    }
}

#[test]
fn an_excursion_that_decays_is_the_onset_and_its_end_is_reported() {
    for seed in 0..50 {
        let mut noise = Noise::new(seed);
        let peak = |v: f64| 0.1 + 4.0 * (-0.5 * ((v - 4.4) / 0.04).powi(2)).exp();
        let (potential, current) = sweep(peak, || 0.02 * noise.normal());
        let onset = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
        // The flank reaches five standard deviations at 4.4 - 0.04·√(2 ln 40) = 4.291 V, and begins before.
        assert!((4.24..4.30).contains(&onset.onset_v.unwrap()), "{seed}: {onset:?}");
        assert!((onset.return_v.unwrap() - 4.509).abs() < 0.02, "{seed}: {onset:?}");
        assert_eq!((onset.lasting_onset_v, onset.verdict.codes().as_deref()), (None, Some("onset_not_lasting")));
        let (potential, current) = sweep(|v| peak(v) + 30.0 * (v - 5.2_f64).max(0.0).powi(2), || 0.02 * noise.normal());
        let both = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
        assert!((4.24..4.30).contains(&both.onset_v.unwrap()), "{seed}: {both:?}");
        assert!(
            (both.lasting_onset_v.unwrap() - 5.2).abs() < 3.0 * both.lasting_onset_err_v.unwrap(),
            "{seed}: {both:?}"
        );
    }
}

#[test]
fn a_falling_sweep_is_searched_for_reduction_and_a_second_cycle_does_not_count() {
    let mut noise = Noise::new(3);
    let (potential, current) = sweep(|v| 0.1 + 30.0 * (v - 5.0_f64).max(0.0).powi(2), || 0.02 * noise.normal());
    let up = find_onset(&potential, &current, &OnsetOptions::default()).unwrap();
    let mirrored = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<f64>>();
    let down = find_onset(&mirrored(&potential), &mirrored(&current), &OnsetOptions::default()).unwrap();
    assert_eq!((down.onset_v, down.limit_v), (up.onset_v.map(|v| -v), -up.limit_v));
    assert_eq!(down.baseline_ua_per_cm2, -up.baseline_ua_per_cm2);
    // The way back has a current of its own.
    let twice: Vec<f64> = potential.iter().chain(potential.iter().rev()).copied().collect();
    let currents: Vec<f64> = current.iter().copied().chain(potential.iter().map(|_| -5.0)).collect();
    let cycled = find_onset(&twice, &currents, &OnsetOptions::default()).unwrap();
    assert!((cycled.onset_v.unwrap() - 5.0).abs() < 3.0 * cycled.onset_err_v.unwrap(), "{cycled:?}");
}

/// Two Gaussian pairs so close that no baseline is seen between them, over a capacitive current.
#[test]
fn heights_of_overlapping_peaks_are_those_of_the_truth() {
    let (mut inside, mut good, mut all) = ([0_usize; 2], 0_usize, 0_usize);
    for seed in 0..100 {
        let mut noise = Noise::new(seed);
        let (height, distance) = (noise.between(10.0, 40.0), noise.between(0.11, 0.16));
        let (mut time, mut potential, mut current) = (Vec::new(), Vec::new(), Vec::new());
        for step in 0..2000_i32 {
            let (v, sign) =
                if step < 1000 { (3.5 + 0.001 * f64::from(step), 1.0) } else { (5.5 - 0.001 * f64::from(step), -1.0) };
            let bell = |at: f64| height * (-((v - at - 0.02 * sign) / 0.04).powi(2)).exp();
            time.push(f64::from(step));
            potential.push(v);
            current.push(
                sign * (2.0 + bell(4.0) + 0.9 * bell(4.0 + distance))
                    + 0.3 * (v - 4.0)
                    + 0.01 * height * noise.normal(),
            );
        }
        let pairs = find_peak_pairs(Some(&time), &potential, &current, &CvOptions::default()).unwrap();
        assert_eq!(pairs.len(), 2, "{seed}: {pairs:?}");
        for (pair, truth) in pairs.iter().zip([height, 0.9 * height]) {
            for (found, err) in [
                (pair.anodic_current_density_ua_per_cm2, pair.anodic_current_density_err_ua_per_cm2),
                (-pair.cathodic_current_density_ua_per_cm2, pair.cathodic_current_density_err_ua_per_cm2),
            ] {
                all += 1;
                let distance = (found - truth).abs() / err;
                inside[0] += usize::from(distance < 1.0);
                inside[1] += usize::from(distance < 2.0);
                good += usize::from(pair.verdict.quality == Quality::Good);
                assert!(distance < 4.5 && (found / truth - 1.0).abs() < 0.2, "{seed}: {pair:?} {truth}");
            }
        }
    }
    let [one, two] = inside.map(|count| count as f64 / all as f64);
    eprintln!("heights of overlapping peaks: {one:.3} and {two:.3} inside, {good} of {all} good");
    assert!(two > 0.9 && good as f64 > 0.95 * all as f64, "{one} {two} {good}");
}

/// A reversible couple by its semiderivative over the whole history of the potential (K. B. Oldham, J. Spanier, 1970): both peaks have
/// the height of Randles and Ševčík above their baselines.
#[test]
fn both_peaks_of_a_reversible_couple_have_the_height_of_randles_and_sevcik() {
    let unit = 0.025_693;
    let potential =
        |k: usize| if k % 1200 < 600 { -0.2 + 0.001 * (k % 1200) as f64 } else { 1.0 - 0.001 * (k % 1200) as f64 };
    let part = |k: usize| 1.0 / (1.0 + (-(potential(k) - 0.1) / unit).exp());
    let roots: Vec<f64> = (0..=2400).map(|k| f64::from(k).sqrt()).collect();
    let scale = 2.0 / std::f64::consts::PI.sqrt() / (0.001_f64 / unit).sqrt();
    let ideal: Vec<f64> = (0..2400_usize)
        .map(|k| scale * (0..k).map(|j| (part(j + 1) - part(j)) * (roots[k - j] - roots[k - j - 1])).sum::<f64>())
        .collect();
    for seed in 0..20 {
        let mut noise = Noise::new(seed);
        let height = noise.between(20.0, 100.0);
        let current: Vec<f64> = ideal
            .iter()
            .enumerate()
            .map(|(k, ideal)| {
                let charging = if k % 1200 < 600 { 2.0 } else { -2.0 };
                height / 0.446_295 * ideal + charging + 0.003 * height * noise.normal()
            })
            .collect();
        let potential: Vec<f64> = (0..2400).map(potential).collect();
        let pairs = find_peak_pairs(None, &potential, &current, &CvOptions::default()).unwrap();
        assert_eq!(pairs.len(), 2, "{seed}: {pairs:?}");
        for pair in &pairs {
            assert_eq!((pair.shape, pair.verdict.words()), ("wave", None), "{seed}: {pair:?}");
            let anodic = (pair.anodic_current_density_ua_per_cm2 - height) / pair.anodic_current_density_err_ua_per_cm2;
            let cathodic =
                (pair.cathodic_current_density_ua_per_cm2 + height) / pair.cathodic_current_density_err_ua_per_cm2;
            assert!(anodic.abs() < 4.0 && cathodic.abs() < 4.0, "{seed}: {height} {pair:?}");
            // 57.0 mV at 25 °C.
            assert!((pair.separation_v - 0.0570).abs() < 3.0 * pair.separation_err_v + 0.001, "{seed}: {pair:?}");
        }
    }
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
    let steps =
        rate_capability(&time, &current, None, &RateOptions { one_c_ua_per_cm2: Some(6.0), ..RateOptions::default() })
            .unwrap();
    assert_eq!(steps.len(), truth.len());
    for (step, (rate, capacity)) in steps.iter().zip(truth) {
        assert!((step.c_rate.unwrap() / rate - 1.0).abs() < 1e-6, "{step:?}");
        let distance = (step.capacity_density_uah_per_cm2 - capacity).abs() / step.capacity_density_err_uah_per_cm2;
        assert!(distance < 4.0 && step.n_cycles == 5, "{step:?}");
    }
    assert_eq!(steps[0].retention, 1.0);
}

/// Cycling of which `part` of the second discharge at 1C is as `change` makes it.
fn cycled(change: impl Fn(&mut Vec<[f64; 3]>)) -> Vec<[f64; 3]> {
    let mut points = Vec::new();
    for (rate, capacity) in [(6.0, 6.0), (30.0, 4.5)] {
        for cycle in 0..4 {
            for sign in [1.0, -1.0] {
                let mut half = Vec::new();
                // Each discharge is a little smaller or larger.
                let hours = capacity * (1.0 + 0.002 * f64::from([1, -1, 0, 0][cycle])) / rate;
                for step in 0..=100 {
                    let share = f64::from(step) / 100.0;
                    half.push([
                        3600.0 * hours * share,
                        sign * rate,
                        if sign > 0.0 { 3.5 + share } else { 4.5 - share },
                    ]);
                }
                if rate > 10.0 && cycle == 3 && sign < 0.0 {
                    change(&mut half);
                }
                let now = points.last().map_or(0.0, |point: &[f64; 3]| point[0] + 0.01);
                points.extend(half.into_iter().map(|[time, current, potential]| [now + time, current, potential]));
            }
        }
    }
    points
}

fn rates_of(points: &[[f64; 3]]) -> Vec<aldb_fit::electrochemistry::RateStep> {
    let column = |place: usize| points.iter().map(|point| point[place]).collect::<Vec<f64>>();
    let options = RateOptions { one_c_ua_per_cm2: Some(6.0), ..RateOptions::default() };
    rate_capability(&column(0), &column(1), Some(&column(2)), &options).unwrap()
}

#[test]
fn a_discharge_that_is_cut_off_interrupted_or_held_does_not_change_the_capacity() {
    let check = |points: &[[f64; 3]], quality: Quality, n_cycles: usize| {
        let steps = rates_of(points);
        assert_eq!(steps.len(), 2, "{steps:#?}");
        let step = &steps[1];
        let deviation = (step.capacity_density_uah_per_cm2 - 4.5).abs();
        assert!(deviation < 3.0 * step.capacity_density_err_uah_per_cm2, "{step:?}");
        assert!(step.capacity_density_err_uah_per_cm2 < 0.05, "{step:?}");
        assert_eq!((step.verdict.quality, step.n_cycles), (quality, n_cycles), "{step:?}");
    };
    check(&cycled(|_| {}), Quality::Good, 4);
    check(&cycled(|half| half.truncate(60)), Quality::Good, 3);
    // A pause of an hour in the middle.
    let paused = cycled(|half| {
        half[50..].iter_mut().for_each(|point| point[0] += 3600.0);
        let rest = half[49][0];
        (1..60).for_each(|minute| half.insert(49 + minute, [rest + 60.0 * minute as f64, 0.0, 4.1]));
    });
    check(&paused, Quality::Good, 4);
    let held = cycled(|half| {
        let end = half[100][0];
        (1..100).for_each(|k| half.push([end + 5.0 * f64::from(k), -30.0 * (-0.05 * f64::from(k)).exp(), 3.5]));
    });
    check(&held, Quality::Suspect, 4);
    let larger = cycled(|half| half.iter_mut().for_each(|point| point[0] *= 1.2));
    check(&larger, Quality::Suspect, 3);
    let gap = cycled(|half| drop(half.drain(20..60)));
    let steps = rates_of(&gap);
    assert!(steps[1].verdict.quality == Quality::Suspect, "{steps:?}");
    // Positive currents discharge.
    let mut reversed = cycled(|_| {});
    reversed.iter_mut().for_each(|point| point[1] = -point[1]);
    let steps = rates_of(&reversed);
    assert!((steps[1].capacity_density_uah_per_cm2 - 4.5).abs() < 0.05, "{steps:?}");
    assert_eq!(steps[1].verdict.codes().as_deref(), Some("sign_reversed"));
}

#[test]
fn no_input_is_a_panic() {
    let hostile: [&[f64]; 6] = [&[], &[1.0], &[f64::NAN; 60], &[f64::INFINITY; 60], &[5.0; 60], &[1e308; 60]];
    for a in hostile {
        for b in hostile {
            drop(find_peak_pairs(Some(a), b, a, &CvOptions::default()));
            drop(find_peak_pairs(None, a, b, &CvOptions::default()));
            drop(find_onset(a, b, &OnsetOptions::default()));
            drop(rate_capability(a, b, None, &RateOptions::default()));
        }
    }
}

/// What all current densities have in common, as the area of the electrode: heights, capacities and the potential at a threshold
/// are as uncertain as that; ratios of capacities are not.
#[test]
fn the_uncertainty_of_the_scale_is_part_of_what_depends_on_it() {
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 1e-9;
    let scale_err_rel = 0.05;
    let (time, potential, current) = voltammogram(&mut Noise::new(7), 0.06, 1);
    let options = CvOptions { scale_err_rel, ..CvOptions::default() };
    let exact = find_peak_pairs(Some(&time), &potential, &current, &CvOptions::default()).unwrap();
    let pairs = find_peak_pairs(Some(&time), &potential, &current, &options).unwrap();
    for (exact, pair) in exact.iter().zip(&pairs) {
        let held = exact.anodic_current_density_err_ua_per_cm2.hypot(0.05 * exact.anodic_current_density_ua_per_cm2);
        assert!(near(pair.anodic_current_density_err_ua_per_cm2, held), "{pair:?}");
        assert_eq!(pair.separation_err_v, exact.separation_err_v);
    }

    let points = cycled(|_| ());
    let column = |place: usize| points.iter().map(|point| point[place]).collect::<Vec<f64>>();
    let rates = |scale_err_rel: f64| {
        let options = RateOptions { one_c_ua_per_cm2: Some(6.0), scale_err_rel };
        rate_capability(&column(0), &column(1), Some(&column(2)), &options).unwrap()
    };
    for (exact, step) in rates(0.0).iter().zip(rates(scale_err_rel)) {
        let held = exact.capacity_density_err_uah_per_cm2.hypot(0.05 * exact.capacity_density_uah_per_cm2);
        assert!(near(step.capacity_density_err_uah_per_cm2, held), "{step:?}");
        assert_eq!((step.retention, step.retention_err), (exact.retention, exact.retention_err));
    }

    // An area 5 % larger moves the potential at the threshold by about its uncertainty.
    let mut noise = Noise::new(11);
    let (potential, current) = sweep(|v| 0.1 + 20.0 * (v - 4.5).max(0.0), || 0.01 * noise.normal());
    let smaller: Vec<f64> = current.iter().map(|density| density / 1.05).collect();
    let options = OnsetOptions { threshold_ua_per_cm2: 5.0, scale_err_rel, ..OnsetOptions::default() };
    let found = find_onset(&potential, &current, &options).unwrap();
    let moved = find_onset(&potential, &smaller, &options).unwrap();
    let by = moved.threshold_v.unwrap() - found.threshold_v.unwrap();
    let ratio = by / found.threshold_err_v.unwrap();
    assert!(ratio > 0.7 && ratio < 1.1, "{by} {found:?}");
}
