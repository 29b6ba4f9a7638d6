//! Situations of the kernels of `ellipsometry`.

use aldb_fit::ellipsometry::{CauchyOptions, Reading, fit_cauchy, silica, silicon};
use test_support::{Complex, Noise, half_air, psi_delta_of_layers};

use crate::trial::{Situation, State, Trial};

/// A sample and how it is measured; all that the model of the kernel assumes is drawn within its uncertainty.
#[derive(Clone)]
struct Sample {
    thickness_nm: f64,
    a: f64,
    b_um2: f64,
    /// Extinction at 400 nm; it falls exponentially with the wavelength.
    extinction: f64,
    roughness_nm: f64,
    oxide_nm: f64,
    /// Factor of the index of silicon.
    substrate: f64,
    glass: bool,
    angles_deg: Vec<f64>,
    /// Added to the angles.
    tilt_deg: f64,
    wavelengths_nm: Vec<f64>,
    noise_deg: f64,
    /// Correlation of neighbours.
    correlation: f64,
    outliers: f64,
    folded: bool,
}

impl Sample {
    fn healthy(noise: &mut Noise) -> Self {
        Self {
            thickness_nm: noise.between(20.0, 150.0),
            a: noise.between(1.45, 1.9),
            b_um2: noise.between(0.003, 0.012),
            extinction: 0.0,
            roughness_nm: 0.0,
            oxide_nm: (1.5 + 0.4 * noise.normal()).max(0.2),
            substrate: 1.0 + 0.002 * noise.normal(),
            glass: false,
            angles_deg: vec![70.0],
            tilt_deg: 0.05 * noise.normal(),
            wavelengths_nm: (0..120).map(|k| 300.0 + 700.0 * f64::from(k) / 119.0).collect(),
            noise_deg: noise.log_between(0.03, 0.2),
            correlation: 0.0,
            outliers: 0.0,
            folded: false,
        }
    }

    fn measure(&self, noise: &mut Noise) -> Trial {
        let mut readings = Vec::new();
        for &angle in &self.angles_deg {
            let mut slow = [noise.normal(), noise.normal()];
            for &wavelength_nm in &self.wavelengths_nm {
                let um = 1e-3 * wavelength_nm;
                let k = self.extinction * ((400.0 - wavelength_nm) / 100.0).exp();
                let film = Complex::new(self.a + self.b_um2 / (um * um), -k);
                let below = silicon(wavelength_nm);
                let glass = Complex::new(silica(wavelength_nm).re, 0.0);
                let substrate = if self.glass { glass } else { Complex::new(self.substrate * below.re, below.im) };
                let layers = [(half_air(film), self.roughness_nm), (film, self.thickness_nm), (glass, self.oxide_nm)];
                let skipped = usize::from(self.roughness_nm <= 0.0);
                let (psi, delta) =
                    psi_delta_of_layers(&layers[skipped..], substrate, wavelength_nm, angle + self.tilt_deg);
                let rest = (1.0 - self.correlation * self.correlation).sqrt();
                for slow in &mut slow {
                    *slow = self.correlation * *slow + rest * noise.normal();
                }
                let far = if noise.uniform() < self.outliers { 10.0 } else { 1.0 };
                let delta = delta + far * self.noise_deg * slow[1];
                readings.push(Reading {
                    wavelength_nm,
                    angle_of_incidence_deg: angle,
                    psi_deg: (psi + far * self.noise_deg * slow[0]).clamp(-90.0, 90.0),
                    delta_deg: if self.folded && delta > 180.0 {
                        (360.0 - delta).abs()
                    } else {
                        delta.rem_euclid(360.0)
                    },
                });
            }
        }
        let truth = self.thickness_nm + 0.5 * self.roughness_nm;
        let options = CauchyOptions { a: 1.52, ..CauchyOptions::default() };
        fit_cauchy(&readings, &options).map_or(Trial::none(truth), |fit| Trial {
            truth,
            found: Some((fit.thickness_nm, fit.thickness_err_nm)),
            quality: fit.verdict.quality,
        })
    }
}

fn situation(state: State, data: &'static str, draw: fn(&mut Noise) -> Trial) -> Situation {
    Situation { kernel: "fit_cauchy", quantity: "thickness_nm", data, state, draw }
}

pub(crate) fn situations() -> Vec<Situation> {
    use State::{Faulty, Healthy};
    vec![
        situation(Healthy, "film of 20 to 150 nm", |noise| Sample::healthy(noise).measure(noise)),
        situation(Healthy, "three angles of incidence", |noise| {
            Sample { angles_deg: vec![65.0, 70.0, 75.0], ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Healthy, "film of 300 to 1500 nm", |noise| {
            let thickness_nm = noise.between(300.0, 1500.0);
            Sample { thickness_nm, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "neighbouring wavelengths share noise", |noise| {
            Sample { correlation: 0.8, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "3 % outliers", |noise| Sample { outliers: 0.03, ..Sample::healthy(noise) }.measure(noise)),
        situation(Faulty, "oxide 0.5 nm thicker", |noise| {
            Sample { oxide_nm: 2.0, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "oxide 1 nm thicker", |noise| {
            Sample { oxide_nm: 2.5, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "angle of incidence 0.1° off", |noise| {
            Sample { tilt_deg: 0.1, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "rough surface, 2 to 8 nm", |noise| {
            let roughness_nm = noise.between(2.0, 8.0);
            Sample { roughness_nm, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "absorbing film, k up to 0.1", |noise| {
            let extinction = noise.log_between(0.005, 0.1);
            Sample { extinction, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "hot silicon, index 3 % higher", |noise| {
            Sample { substrate: 1.03, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "film on glass", |noise| Sample { glass: true, ..Sample::healthy(noise) }.measure(noise)),
        situation(Faulty, "Δ folded into 0° to 180°", |noise| {
            Sample { folded: true, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "thick film, six wavelengths", |noise| {
            let thickness_nm = noise.between(300.0, 1500.0);
            let wavelengths_nm = (0..6).map(|k| 450.0 + 60.0 * f64::from(k)).collect();
            Sample { thickness_nm, wavelengths_nm, ..Sample::healthy(noise) }.measure(noise)
        }),
        situation(Faulty, "one wavelength, five angles", |noise| {
            let angles_deg = vec![60.0, 65.0, 70.0, 75.0, 80.0];
            Sample { angles_deg, wavelengths_nm: vec![632.8], ..Sample::healthy(noise) }.measure(noise)
        }),
    ]
}
