//! Time of one O 1s fit: 131 points, two components, background and uncertainties included.

use std::hint::black_box;

use aldb_fit::photoelectrons::{RegionOptions, Weighting, find_components, fit_region, gl, reference_shift, shirley};
use criterion::{Criterion, criterion_group, criterion_main};
use test_support::Noise;

fn photoelectrons(c: &mut Criterion) {
    let energy_ev: Vec<f64> = (0..131).map(|k| 525.0 + 0.1 * k as f64).collect();
    let mut area = 0.0;
    let mut counts = Vec::new();
    let mut noise = Noise::new(1);
    for &e in &energy_ev {
        let line = 18000.0 * gl(e, 530.4, 1.4, 0.3) + 20000.0 * gl(e, 531.7, 1.4, 0.3);
        area += 0.1 * line;
        counts.push(noise.poisson(5000.0 + 0.02 * area + line));
    }
    let poisson = RegionOptions::oxygen_1s();
    let unweighted = RegionOptions { weighting: Weighting::Unweighted, ..RegionOptions::oxygen_1s() };
    c.bench_function("shirley, 131 points", |b| b.iter(|| shirley(black_box(&energy_ev), black_box(&counts), 5)));
    c.bench_function("fit O 1s, unweighted", |b| {
        b.iter(|| fit_region(black_box(&energy_ev), black_box(&counts), &unweighted));
    });
    c.bench_function("fit O 1s, poisson", |b| {
        b.iter(|| fit_region(black_box(&energy_ev), black_box(&counts), &poisson));
    });
    c.bench_function("find 2 components, poisson", |b| {
        b.iter(|| find_components(black_box(&energy_ev), black_box(&counts), 2, &poisson));
    });
    c.bench_function("reference shift", |b| {
        b.iter(|| reference_shift(black_box(&energy_ev), black_box(&counts), 530.0));
    });
}

criterion_group!(benches, photoelectrons);
criterion_main!(benches);
