//! Situations of `reflectivity`.

use aldb_fit::reflectivity::find_fringes;
use test_support::{CU_K_ALPHA_1_ANGSTROM, Noise, XrayLayer, film_reflectivity};

use crate::trial::{Situation, State, Trial};

pub(crate) fn situations() -> Vec<Situation> {
    let of = |data, state, draw| Situation { kernel: "find_fringes", quantity: "thickness", data, state, draw };
    vec![
        of("20 to 150 nm on oxidised silicon", State::Healthy, |noise| {
            let film = Film { nm: noise.log_between(20.0, 150.0), ..Film::new(noise) };
            film.trial(noise)
        }),
        of("5 to 12 nm: few fringes", State::Faulty, |noise| {
            let film = Film { nm: noise.between(5.0, 12.0), ..Film::new(noise) };
            film.trial(noise)
        }),
        of("as dense as silicon: weak fringes", State::Faulty, |noise| {
            let film = Film { delta: noise.between(7.4e-6, 7.8e-6), ..Film::new(noise) };
            film.trial(noise)
        }),
        of("roughness of 2 to 4 nm", State::Faulty, |noise| {
            let film = Film { roughness_nm: noise.between(2.0, 4.0), ..Film::new(noise) };
            film.trial(noise)
        }),
        of("oxide of 5 nm", State::Faulty, |noise| Film { oxide_nm: 5.0, ..Film::new(noise) }.trial(noise)),
        of("zero of 2θ off by 0.02°", State::Faulty, |noise| {
            Film { zero_deg: 0.02, ..Film::new(noise) }.trial(noise)
        }),
    ]
}

struct Film {
    nm: f64,
    delta: f64,
    roughness_nm: f64,
    oxide_nm: f64,
    zero_deg: f64,
}

impl Film {
    fn new(noise: &mut Noise) -> Self {
        // Lithium borate to alumina; one as dense as silicon has no fringes.
        let delta = if noise.uniform() < 0.5 { noise.between(5.2e-6, 6.8e-6) } else { noise.between(8.4e-6, 10.5e-6) };
        let (nm, roughness_nm, oxide_nm) =
            (noise.log_between(20.0, 100.0), noise.between(0.2, 0.9), noise.between(1.0, 2.0));
        Self { nm, delta, roughness_nm, oxide_nm, zero_deg: 0.0 }
    }

    fn trial(&self, noise: &mut Noise) -> Trial {
        let film = XrayLayer { nm: self.nm, delta: self.delta, beta: 3e-8, roughness_nm: self.roughness_nm };
        let (angle, counts) = film_reflectivity(film, self.oxide_nm, noise.log_between(1e6, 3e7), noise);
        let angle: Vec<f64> = angle.iter().map(|angle| angle + self.zero_deg).collect();
        match find_fringes(&angle, &counts, CU_K_ALPHA_1_ANGSTROM) {
            Ok(found) => Trial {
                truth: self.nm,
                found: Some((found.thickness_nm, found.thickness_err_nm)),
                quality: found.verdict.quality,
            },
            Err(_) => Trial::none(self.nm),
        }
    }
}
