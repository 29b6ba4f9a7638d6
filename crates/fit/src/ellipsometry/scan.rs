//! Candidates for a film's thickness: misfit on a grid of thicknesses, for several indices.
//!
//! Thickness enters only through the phase of E, which changes by a fixed angle per step of thickness: a grid needs no
//! sines, and the misfit of a reading is a quotient of two trigonometric polynomials (see [`Surface::distance`]).

use super::transfer::Surface;

/// Number of readings processed in parallel.
const LANES: usize = 4;
/// Change of the phase of the shortest wavelength from one thickness to the next (rad): six steps per period.
const PHASE_STEP: f64 = std::f64::consts::FRAC_PI_3;

/// A thickness at which the misfit is smaller than at its neighbours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) misfit: f64,
    pub(super) thickness_nm: f64,
    pub(super) a: f64,
    pub(super) b_um2: f64,
    /// Phase of the middle wavelength (rad), by which candidates with different indices are identified.
    pub(super) phase: f64,
}

#[derive(Clone)]
struct Group {
    phase: [[f64; LANES]; 2],
    turn: [[f64; LANES]; 2],
    above: [[f64; LANES]; 5],
    below: [[f64; LANES]; 5],
}

impl Group {
    /// Missing readings have no misfit.
    const EMPTY: Self = Self {
        phase: [[1.0; LANES], [0.0; LANES]],
        turn: [[1.0; LANES], [0.0; LANES]],
        above: [[0.0; LANES]; 5],
        below: [[1.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES], [0.0; LANES]],
    };

    /// Adds each reading's misfit to `sum`, and advances to the next thickness.
    fn advance(&mut self, sum: &mut [f64; LANES]) {
        for lane in 0..LANES {
            let (x, y) = (self.phase[0][lane], self.phase[1][lane]);
            let (x2, y2) = (x * x - y * y, 2.0 * x * y);
            let polynomial = |c: &[[f64; LANES]; 5]| {
                c[0][lane] + (c[1][lane] * x + c[2][lane] * y) + (c[3][lane] * x2 + c[4][lane] * y2)
            };
            sum[lane] += polynomial(&self.above) / polynomial(&self.below);
            let (cos, sin) = (self.turn[0][lane], self.turn[1][lane]);
            self.phase[0][lane] = x * cos - y * sin;
            self.phase[1][lane] = x * sin + y * cos;
        }
    }
}

/// Minima of the misfit over thicknesses up to `thickness_max_nm`, of every A in `a_values`.
pub(super) fn scan(
    surfaces: &[&Surface],
    a_values: &[f64],
    b_um2: f64,
    c_um4: f64,
    thickness_max_nm: f64,
) -> Vec<Candidate> {
    let mut groups = vec![Group::EMPTY; surfaces.len().div_ceil(LANES)];
    let mut misfits: Vec<f64> = Vec::new();
    let mut found = Vec::new();
    let middle = surfaces.iter().map(|surface| surface.wavenumber).sum::<f64>() / surfaces.len() as f64;
    for &a in a_values {
        let index = |surface: &Surface| {
            let x = surface.dispersion;
            (a + x * (b_um2 + x * c_um4)).max(1.0)
        };
        let fastest = surfaces.iter().map(|s| s.wavenumber * s.q(index(s))).fold(f64::MIN_POSITIVE, f64::max);
        let slowness = surfaces.iter().map(|s| s.q(index(s))).sum::<f64>() / surfaces.len() as f64;
        let intervals = (thickness_max_nm * fastest / PHASE_STEP).ceil().max(2.0);
        let step = thickness_max_nm / intervals;
        for (k, surface) in surfaces.iter().enumerate() {
            let n = index(surface);
            let (above, below) = surface.distance(n);
            let (sin, cos) = (surface.wavenumber * surface.q(n) * step).sin_cos();
            let (group, lane) = (&mut groups[k / LANES], k % LANES);
            (group.phase[0][lane], group.phase[1][lane]) = (1.0, 0.0);
            (group.turn[0][lane], group.turn[1][lane]) = (cos, -sin);
            for c in 0..5 {
                group.above[c][lane] = above[c];
                group.below[c][lane] = below[c];
            }
        }
        misfits.clear();
        // One beyond the last, so that a minimum there has two neighbours.
        for _ in 0..=intervals as usize + 1 {
            let mut sum = [0.0; LANES];
            for group in &mut groups {
                group.advance(&mut sum);
            }
            misfits.push((sum[0] + sum[2]) + (sum[1] + sum[3]));
        }
        for k in 0..misfits.len() - 1 {
            let misfit = misfits[k];
            if misfit <= misfits[k + 1] && (k == 0 || misfit < misfits[k - 1]) {
                let thickness_nm = (k as f64 * step).min(thickness_max_nm);
                found.push(Candidate { misfit, thickness_nm, a, b_um2, phase: middle * slowness * thickness_nm });
            }
        }
    }
    found
}
