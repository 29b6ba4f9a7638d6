//! Parameters of circuits of films.

use crate::Noise;

/// Of `R0-p(R1,CPE1)-CPE2` of a film between electrodes: R0, R1 (Ω), Q1, n1, Q2, n2.
#[must_use]
pub fn film_parameters(noise: &mut Noise) -> [f64; 6] {
    [
        noise.log_between(10.0, 200.0),
        noise.log_between(3e4, 3e6),
        noise.log_between(5e-12, 5e-11),
        noise.between(0.9, 0.98),
        noise.log_between(1e-9, 1e-8),
        noise.between(0.8, 0.95),
    ]
}
