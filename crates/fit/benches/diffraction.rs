//! Time of one pattern: 5 lines with Kα₂ in 3500 points, and a hump without any.

use std::hint::black_box;

use aldb_fit::diffraction::{Alpha2, PeakOptions, find_peaks};
use criterion::{Criterion, criterion_group, criterion_main};
use test_support::Noise;

fn diffraction(c: &mut Criterion) {
    let two_theta_deg: Vec<f64> = (0..3500).map(|k| 10.0 + 0.02 * f64::from(k)).collect();
    let mut noise = Noise::new(1);
    let mut counts =
        |mean: &dyn Fn(f64) -> f64| -> Vec<f64> { two_theta_deg.iter().map(|&x| noise.poisson(mean(x))).collect() };
    let bell = |x: f64, width: f64| (-2.77 * (x / width).powi(2)).exp();
    let lines =
        counts(&|x| 100.0 + [22.3, 23.2, 33.9, 36.6, 69.1].iter().map(|p| 800.0 * bell(x - p, 0.2)).sum::<f64>());
    let hump = counts(&|x| 100.0 + 300.0 * bell(x - 23.0, 8.0));
    let alpha2 = Some(Alpha2 { wavelength_angstrom: 1.544_426, ratio: 0.5 });
    let options = PeakOptions { alpha2, ..PeakOptions::default() };
    for (name, y) in [("5 lines", &lines), ("a hump", &hump)] {
        c.bench_function(&format!("find and fit {name}, 3500 points"), |b| {
            b.iter(|| find_peaks(black_box(&two_theta_deg), black_box(y), 1.0, &options));
        });
    }
}

criterion_group!(benches, diffraction);
criterion_main!(benches);
