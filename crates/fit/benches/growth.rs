//! Time of one growth fit to 300 cycles with a slow onset, and of tying a scan of 2,200 readings to its log.

use std::hint::black_box;

use aldb_fit::growth::{GrowthOptions, align_clock, detect_start, fit_growth};
use criterion::{Criterion, criterion_group, criterion_main};
use test_support::Noise;

fn growth(c: &mut Criterion) {
    let cycle: Vec<f64> = (0..=300).map(f64::from).collect();
    let mut noise = Noise::new(1);
    let nm: Vec<f64> = cycle
        .iter()
        .map(|&cycle| {
            let u = (cycle / 100.0).min(1.0);
            1.5 + 4.0 * (u.powi(3) - 0.5 * u.powi(4)) + 0.04 * (cycle - 100.0).max(0.0) + 0.01 * noise.normal()
        })
        .collect();
    let options = GrowthOptions::default();
    c.bench_function("growth per cycle, 301 points, slow onset", |b| {
        b.iter(|| fit_growth(black_box(&cycle), black_box(&nm), &options));
    });

    let events: Vec<(f64, usize)> = (0..180).map(|k| (60.0 + 11.4 * f64::from(k), k as usize % 3)).collect();
    let time_s: Vec<f64> = (0..2200).map(f64::from).collect();
    let scan_nm: Vec<f64> = time_s
        .iter()
        .map(|&t| {
            let grown = events
                .iter()
                .map(|&(start, step)| [0.09, -0.07, 0.02][step] * -(-(t - 42.3 - start).max(0.0) / 1.2).exp_m1());
            1.8 + grown.sum::<f64>() + 0.005 * noise.normal()
        })
        .collect();
    c.bench_function("start of a scan of 2,200 readings", |b| {
        b.iter(|| detect_start(black_box(&time_s), black_box(&scan_nm), 34.2));
    });
    c.bench_function("clock of a scan of 2,200 readings, 180 events", |b| {
        b.iter(|| align_clock(black_box(&time_s), black_box(&scan_nm), black_box(&events)));
    });
}

criterion_group!(benches, growth);
criterion_main!(benches);
