//! Time of one fit of thickness, A and B to 150 readings with noise of 0.1°, without a start.

use std::hint::black_box;

use aldb_fit::ellipsometry::{CauchyOptions, Film, Reading, Substrate, fit_cauchy, psi_delta};
use criterion::{Criterion, criterion_group, criterion_main};
use test_support::Noise;

fn films(c: &mut Criterion) {
    for thickness_nm in [15.0, 80.0, 900.0] {
        let film =
            Film { thickness_nm, a: 1.62, b_um2: 0.007, c_um4: 0.0, oxide_nm: 1.5, substrate: &Substrate::Silicon };
        let mut noise = Noise::new(1);
        let readings: Vec<Reading> = (0..150)
            .map(|k| {
                let wavelength_nm = 250.0 + 750.0 * k as f64 / 149.0;
                let (psi, delta) = psi_delta(&film, wavelength_nm, 70.0).expect("a film on silicon");
                let (psi_deg, delta_deg) =
                    ((psi + 0.1 * noise.normal()).clamp(0.0, 90.0), delta + 0.1 * noise.normal());
                Reading { wavelength_nm, angle_of_incidence_deg: 70.0, psi_deg, delta_deg: delta_deg.min(360.0) }
            })
            .collect();
        let options = CauchyOptions::default();
        c.bench_function(&format!("thickness, A and B, 150 readings, {thickness_nm} nm"), |b| {
            b.iter(|| fit_cauchy(black_box(&readings), &options));
        });
    }
}

criterion_group!(benches, films);
criterion_main!(benches);
