//! Time of one fit of R0-p(R1,CPE1)-CPE2 to 60 points with 1 % noise, on two scales.

use std::hint::black_box;

use aldb_fit::circuit::Circuit;
use aldb_fit::cnls::{CnlsOptions, fit_circuit};
use aldb_fit::kramers_kronig::{LinKkOptions, lin_kk};
use aldb_fit::spectrum::Spectrum;
use criterion::{Criterion, criterion_group, criterion_main};
use test_support::Noise;

fn circuits(c: &mut Criterion) {
    let circuit = Circuit::parse("R0-p(R1,CPE1)-CPE2").expect("a circuit");
    let frequency_hz: Vec<f64> = (0..60).map(|k| 10f64.powf(6.0 - 6.0 * k as f64 / 59.0)).collect();
    let scales = [
        ("moderate", [20.0, 500.0, 1e-6, 0.85, 1e-4, 0.9]),
        ("thin film", [25.0, 6e5, 1.6e-11, 0.95, 1.6e-10, 0.9]),
        ("resistive thin film", [25.0, 3e7, 1.6e-11, 0.95, 1.6e-9, 0.9]),
    ];
    for (name, parameters) in scales {
        let (mut z_re_ohm, mut z_im_ohm) = (Vec::new(), Vec::new());
        let mut noise = Noise::new(1);
        for &f in &frequency_hz {
            let z = circuit.impedance(&parameters, f);
            z_re_ohm.push(z.re + 0.01 * z.norm() * noise.normal());
            z_im_ohm.push(z.im + 0.01 * z.norm() * noise.normal());
        }
        let spectrum = Spectrum { frequency_hz: &frequency_hz, z_re_ohm: &z_re_ohm, z_im_ohm: &z_im_ohm };
        let options = CnlsOptions::default();
        c.bench_function(&format!("fit R0-p(R1,CPE1)-CPE2, 60 points, {name}"), |b| {
            b.iter(|| fit_circuit(black_box(&circuit), black_box(spectrum), &options));
        });
        if name == "thin film" {
            let options = LinKkOptions::default();
            c.bench_function("linear Kramers-Kronig test, 60 points", |b| {
                b.iter(|| lin_kk(black_box(spectrum), &options));
            });
        }
    }
}

criterion_group!(benches, circuits);
criterion_main!(benches);
