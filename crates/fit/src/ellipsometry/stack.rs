//! The film on oxide on silicon: reflection and its derivatives.
#![allow(clippy::needless_range_loop, reason = "matrices of up to four parameters are read by row and column")]

use num_complex::Complex64;

use super::{PsiDelta, ncs, silica, silicon, solve};

/// A reading, with what of the model does not depend on the film.
pub(super) struct Reading {
    pub(super) wavelength_nm: f64,
    /// λ⁻² and λ⁻⁴ (µm).
    inverse: [f64; 2],
    sine_squared: f64,
    cosine: f64,
    oxide: Complex64,
    cosine_oxide: Complex64,
    /// Reflection below the oxide, both ways through it included; p and s.
    below: [Complex64; 2],
    ncs: [f64; 3],
}

/// Reflection at the film's two faces for one index of it; p and s.
pub(super) struct Interfaces {
    top: [Complex64; 2],
    bottom: [Complex64; 2],
}

impl Reading {
    pub(super) fn new(
        wavelength_nm: f64,
        angle_deg: f64,
        ncs: [f64; 3],
        oxide: Complex64,
        silicon: Complex64,
        oxide_nm: f64,
    ) -> Self {
        let angle = angle_deg.to_radians();
        let sine_squared = angle.sin().powi(2);
        let cosine_of = |index: Complex64| (1.0 - sine_squared / (index * index)).sqrt();
        let (cosine_oxide, cosine_silicon) = (cosine_of(oxide), cosine_of(silicon));
        let r = fresnel(oxide, cosine_oxide, silicon, cosine_silicon);
        let through = Complex64::new(0.0, 4.0 * std::f64::consts::PI * oxide_nm / wavelength_nm) * oxide * cosine_oxide;
        let phase = through.exp();
        let um = wavelength_nm * 1e-3;
        Self {
            wavelength_nm,
            inverse: [um.powi(-2), um.powi(-4)],
            sine_squared,
            cosine: angle.cos(),
            oxide,
            cosine_oxide,
            below: [r[0] * phase, r[1] * phase],
            ncs,
        }
    }

    /// Interfaces of a film with a real index.
    pub(super) fn interfaces(&self, n: f64) -> Interfaces {
        let film = Complex64::new(n, 0.0);
        let cosine = Complex64::new((1.0 - self.sine_squared / (n * n)).max(0.0).sqrt(), 0.0);
        let one = Complex64::new(1.0, 0.0);
        let top = fresnel(one, Complex64::new(self.cosine, 0.0), film, cosine);
        let face = fresnel(film, cosine, self.oxide, self.cosine_oxide);
        let bottom = [0, 1].map(|k| (face[k] + self.below[k]) / (one + face[k] * self.below[k]));
        Interfaces { top, bottom }
    }

    /// Phase factor of going through the film and back.
    pub(super) fn phase(&self, n: f64, film_nm: f64) -> Complex64 {
        Complex64::cis(self.per_nm(n) * film_nm)
    }

    /// Phase (rad) a nanometre of film adds.
    fn per_nm(&self, n: f64) -> f64 {
        4.0 * std::f64::consts::PI / self.wavelength_nm * (n * n - self.sine_squared).max(0.0).sqrt()
    }

    fn index(&self, x: [f64; 4]) -> f64 {
        (x[1] + x[2] * self.inverse[0] + x[3] * self.inverse[1]).clamp(1.0, 5.0)
    }
}

/// r_p and r_s from one medium into another, with n + ik.
fn fresnel(n1: Complex64, cos1: Complex64, n2: Complex64, cos2: Complex64) -> [Complex64; 2] {
    let (a, b) = (n2 * cos1, n1 * cos2);
    let (c, d) = (n1 * cos1, n2 * cos2);
    [(a - b) / (a + b), (c - d) / (c + d)]
}

impl Interfaces {
    /// r_p/r_s of the film.
    pub(super) fn rho(&self, phase: Complex64) -> Complex64 {
        let [p, s] = self.reflections(phase);
        p / s
    }

    fn reflections(&self, phase: Complex64) -> [Complex64; 2] {
        [0, 1].map(|k| {
            let back = self.bottom[k] * phase;
            (self.top[k] + back) / (1.0 + self.top[k] * back)
        })
    }

    /// d(ln r)/d(phase) · phase, p and s: how the reflection turns with the thickness.
    fn turns(&self, phase: Complex64) -> [Complex64; 2] {
        [0, 1].map(|k| {
            let back = self.bottom[k] * phase;
            back * (1.0 - self.top[k] * self.top[k]) / ((self.top[k] + back) * (1.0 + self.top[k] * back))
        })
    }
}

/// All readings.
pub(super) struct Scan {
    pub(super) readings: Vec<Reading>,
}

/// Step of the index for its derivative: the error of the difference is its square.
const INDEX_STEP: f64 = 1e-5;

type Normal = (f64, [[f64; 4]; 4], [f64; 4]);

impl Scan {
    pub(super) fn new(readings: &[PsiDelta], oxide_nm: f64) -> Self {
        let readings = readings.iter().map(|reading| {
            let (psi, delta) = ((2.0 * reading.psi_deg).to_radians(), reading.delta_deg.to_radians());
            let ncs = [psi.cos(), psi.sin() * delta.cos(), psi.sin() * delta.sin()];
            let wavelength = reading.wavelength_nm;
            let angle = reading.angle_of_incidence_deg;
            Reading::new(wavelength, angle, ncs, silica(wavelength), silicon(wavelength), oxide_nm)
        });
        Self { readings: readings.collect() }
    }

    /// Cost over thicknesses from zero in steps, of some of the readings.
    pub(super) fn scanned(&self, start: [f64; 4], step_nm: f64, max_nm: f64) -> Vec<f64> {
        let every = (self.readings.len() / 30).max(1);
        let n = (max_nm / step_nm).max(0.0) as usize + 1;
        let mut costs = vec![0.0; n.min(100_000)];
        for reading in self.readings.iter().step_by(every) {
            let index = reading.index(start);
            let interfaces = reading.interfaces(index);
            let turn = Complex64::cis(reading.per_nm(index) * step_nm);
            let mut phase = Complex64::new(1.0, 0.0);
            for cost in &mut costs {
                let model = ncs(interfaces.rho(phase));
                *cost += (0..3).map(|k| (reading.ncs[k] - model[k]).powi(2)).sum::<f64>();
                phase *= turn;
            }
        }
        costs
    }

    /// Cost, JᵀJ and Jᵀr, r = measured less model.
    pub(super) fn derivatives(&self, x: [f64; 4], parameters: usize) -> Normal {
        let (mut cost, mut normal, mut gradient) = (0.0, [[0.0; 4]; 4], [0.0; 4]);
        for reading in &self.readings {
            let (residual, jacobian) = reading.derivatives(x, parameters);
            for part in 0..3 {
                cost += residual[part] * residual[part];
                for i in 0..parameters {
                    gradient[i] += jacobian[part][i] * residual[part];
                    for j in 0..=i {
                        normal[i][j] += jacobian[part][i] * jacobian[part][j];
                    }
                }
            }
        }
        for i in 0..parameters {
            for j in 0..i {
                normal[j][i] = normal[i][j];
            }
        }
        (cost, normal, gradient)
    }

    /// Covariance of the parameters with the residuals of each reading as they are: N, C and S of one belong together, and
    /// noise differs between wavelengths.
    pub(super) fn sandwich(&self, x: [f64; 4], parameters: usize) -> [[f64; 4]; 4] {
        let (_, normal, _) = self.derivatives(x, parameters);
        let mut inverse = [[0.0; 4]; 4];
        for k in 0..parameters {
            let mut unit = [0.0; 4];
            unit[k] = 1.0;
            let Some(column) = solve(normal, unit, parameters) else { return [[f64::NAN; 4]; 4] };
            for i in 0..parameters {
                inverse[i][k] = column[i];
            }
        }
        let mut middle = [[0.0; 4]; 4];
        for reading in &self.readings {
            let (residual, jacobian) = reading.derivatives(x, parameters);
            let mut score = [0.0; 4];
            for part in 0..3 {
                for i in 0..parameters {
                    score[i] += jacobian[part][i] * residual[part];
                }
            }
            for i in 0..parameters {
                for j in 0..parameters {
                    middle[i][j] += score[i] * score[j];
                }
            }
        }
        let n = self.readings.len() as f64;
        // Fitted residuals are smaller than those of the truth.
        let scale = n / (n - parameters as f64).max(1.0);
        let mut covariance = [[0.0; 4]; 4];
        for i in 0..parameters {
            for j in 0..parameters {
                for k in 0..parameters {
                    for l in 0..parameters {
                        covariance[i][j] += scale * inverse[i][k] * middle[k][l] * inverse[l][j];
                    }
                }
            }
        }
        covariance
    }
}

impl Reading {
    /// Residuals of N, C, S and the model's derivatives by thickness, A, B and C.
    fn derivatives(&self, x: [f64; 4], parameters: usize) -> ([f64; 3], [[f64; 4]; 3]) {
        let n = self.index(x);
        let interfaces = self.interfaces(n);
        let phase = self.phase(n, x[0]);
        let [p, s] = interfaces.reflections(phase);
        let rho = p / s;
        let model = ncs(rho);
        let residual = [0, 1, 2].map(|k| self.ncs[k] - model[k]);
        let turns = interfaces.turns(phase);
        // dρ/dd = ρ·(d ln r_p − d ln r_s)·i·(phase a nanometre).
        let by_thickness = rho * (turns[0] - turns[1]) * Complex64::new(0.0, self.per_nm(n));
        let mut jacobian = [[0.0; 4]; 3];
        let of_thickness = ncs_slope(rho, by_thickness);
        for part in 0..3 {
            jacobian[part][0] = of_thickness[part];
        }
        if parameters > 1 {
            let moved = n + INDEX_STEP;
            let by_index = (self.interfaces(moved).rho(self.phase(moved, x[0])) - rho) / INDEX_STEP;
            let of_index = ncs_slope(rho, by_index);
            for part in 0..3 {
                jacobian[part][1] = of_index[part];
                jacobian[part][2] = of_index[part] * self.inverse[0];
                jacobian[part][3] = of_index[part] * self.inverse[1];
            }
        }
        (residual, jacobian)
    }
}

/// Derivatives of N, C, S along a change of ρ.
fn ncs_slope(rho: Complex64, change: Complex64) -> [f64; 3] {
    let scale = 1.0 / (1.0 + rho.norm_sqr());
    let radial = 2.0 * (rho.re * change.re + rho.im * change.im);
    [
        -2.0 * radial * scale * scale,
        2.0 * change.re * scale - 2.0 * rho.re * radial * scale * scale,
        -2.0 * change.im * scale + 2.0 * rho.im * radial * scale * scale,
    ]
}
