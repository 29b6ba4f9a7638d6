//! Optical constants of the substrate: silicon and its oxide, or a table given by the user.
//!
//! Silicon: M. A. Green, Sol. Energy Mater. Sol. Cells 92, 1305 (2008), at 300 K, doi 10.1016/j.solmat.2008.06.009,
//! as tabulated by refractiveindex.info (CC0), every 10 nm, taken as linear between the rows.
//! Oxide: fused silica, I. H. Malitson, J. Opt. Soc. Am. 55, 1205 (1965).

use num_complex::Complex64;

use super::error::EllipsometryError;

/// Wavelength of the first row (nm), and the interval between rows.
const FIRST_NM: f64 = 250.0;
const STEP_NM: f64 = 10.0;

/// Refractive index and extinction coefficient from 250 to 1450 nm.
#[rustfmt::skip]
const SILICON: [(f64, f64); 121] = [
    (1.665, 3.665), (1.757, 4.084), (2.068, 4.68), (2.959, 5.287), (4.356, 5.286),
    (4.976, 4.234), (5.121, 3.598), (5.112, 3.303), (5.195, 3.1), (5.301, 2.977),
    (5.494, 2.938), (6.026, 2.966), (6.891, 2.171), (6.616, 0.946), (6.039, 0.445),
    (5.613, 0.296), (5.33, 0.227), (5.119, 0.176), (4.949, 0.138), (4.812, 0.107),
    (4.691, 0.086302), (4.587, 0.071381), (4.497, 0.062086), (4.419, 0.055004), (4.35, 0.049131),
    (4.294, 0.044165), (4.241, 0.039367), (4.193, 0.036415), (4.151, 0.033108), (4.112, 0.030295),
    (4.077, 0.027968), (4.045, 0.025758), (4.015, 0.024131), (3.988, 0.022524), (3.963, 0.021081),
    (3.94, 0.019934), (3.918, 0.018446), (3.898, 0.017367), (3.879, 0.016444), (3.861, 0.015432),
    (3.844, 0.014431), (3.828, 0.013498), (3.813, 0.012743), (3.798, 0.011905), (3.784, 0.011201),
    (3.772, 0.010528), (3.759, 0.010057), (3.748, 0.0096257), (3.737, 0.0089461), (3.727, 0.008362),
    (3.717, 0.0078185), (3.708, 0.007197), (3.699, 0.0067402), (3.691, 0.0063933), (3.683, 0.005834),
    (3.675, 0.0054113), (3.668, 0.0049955), (3.661, 0.0046134), (3.654, 0.0042734), (3.647, 0.0039439),
    (3.641, 0.003612), (3.635, 0.0032781), (3.63, 0.0029839), (3.624, 0.0026821), (3.619, 0.0024293),
    (3.614, 0.0021701), (3.609, 0.0019625), (3.604, 0.0017571), (3.6, 0.0015467), (3.595, 0.0013689),
    (3.591, 0.0011793), (3.587, 0.0010237), (3.583, 0.00087225), (3.579, 0.00074866), (3.575, 0.00062238),
    (3.572, 0.0005093), (3.568, 0.00041071), (3.565, 0.00032386), (3.562, 0.00024753), (3.559, 0.00018704),
    (3.556, 0.0001362), (3.553, 9.3631e-05), (3.55, 6.8118e-05), (3.547, 5.3285e-05), (3.545, 4.0768e-05),
    (3.542, 3.0637e-05), (3.54, 2.3849e-05), (3.537, 1.7825e-05), (3.535, 1.3488e-05), (3.532, 9.0718e-06),
    (3.53, 6.223e-06), (3.528, 3.877e-06), (3.526, 2.0483e-06), (3.524, 6.1036e-07), (3.522, 3.4091e-07),
    (3.52, 2.1008e-07), (3.518, 1.2518e-07), (3.517, 7.9609e-08), (3.515, 4.6004e-08), (3.513, 2.3682e-08),
    (3.511, 9.9472e-09), (3.509, 3.6096e-09), (3.508, 2.0213e-09), (3.506, 1.2223e-09), (3.505, 7.2885e-10),
    (3.503, 4.6553e-10), (3.502, 2.8147e-10), (3.5, 1.6807e-10), (3.499, 8.467e-11), (3.497, 3.7322e-11),
    (3.496, 1.8263e-11), (3.495, 1.0281e-11), (3.494, 6.5413e-12), (3.492, 4.173e-12), (3.491, 2.5441e-12),
    (3.49, 1.5597e-12), (3.489, 9.5374e-13), (3.488, 5.65e-13), (3.487, 2.8449e-13), (3.486, 2.0626e-13),
    (3.485, 1.3846e-13),
];

/// Wavelengths (nm) of the table of silicon.
pub const SILICON_RANGE_NM: (f64, f64) = (FIRST_NM, FIRST_NM + STEP_NM * (SILICON.len() - 1) as f64);

/// Complex index n − ik of silicon at a wavelength (nm), linear between the rows of the table; beyond
/// [`SILICON_RANGE_NM`] the nearest row, for NaN the first.
///
/// # Source
///
/// See the documentation of this module.
#[must_use]
pub fn silicon(wavelength_nm: f64) -> Complex64 {
    let place = ((wavelength_nm - FIRST_NM) / STEP_NM).max(0.0).min((SILICON.len() - 1) as f64);
    let below = (place.floor() as usize).min(SILICON.len() - 2);
    between(SILICON[below], SILICON[below + 1], place - below as f64)
}

/// Complex index of fused silica, which represents the native oxide, at a wavelength (nm) from 210 to 3710 nm.
///
/// # Source
///
/// Malitson's equation, see the head of this module.
#[must_use]
pub fn silica(wavelength_nm: f64) -> Complex64 {
    let squared = (wavelength_nm * 1e-3).powi(2);
    let term = |strength: f64, resonance_um: f64| strength * squared / (squared - resonance_um * resonance_um);
    let n_squared =
        1.0 + term(0.696_166_3, 0.068_404_3) + term(0.407_942_6, 0.116_241_4) + term(0.897_479_4, 9.896_161);
    Complex64::from(n_squared.sqrt())
}

/// One row of a table of optical constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OpticalConstants {
    /// Wavelength in vacuum (nm), positive.
    pub wavelength_nm: f64,
    /// Refractive index, positive.
    pub n: f64,
    /// Extinction coefficient, zero or positive.
    pub k: f64,
}

/// The substrate below the film and its native oxide.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Substrate {
    /// Silicon, from 250 to 1450 nm.
    #[default]
    Silicon,
    /// A table in any order, linear between its rows.
    Table(Vec<OpticalConstants>),
}

/// A substrate whose table has been checked and sorted.
pub(super) enum Constants {
    Silicon,
    Table(Vec<OpticalConstants>),
}

impl Constants {
    pub(super) fn of(substrate: &Substrate) -> Result<Self, EllipsometryError> {
        let Substrate::Table(rows) = substrate else { return Ok(Self::Silicon) };
        if rows.len() < 2 {
            return Err(EllipsometryError::SubstrateTooShort { rows: rows.len() });
        }
        for (index, row) in rows.iter().enumerate() {
            let OpticalConstants { wavelength_nm, n, k } = *row;
            let sound = (1.0..=1e6).contains(&wavelength_nm) && (1e-6..=1e3).contains(&n) && (0.0..=1e3).contains(&k);
            if !sound {
                return Err(EllipsometryError::SubstrateRow { index, wavelength_nm, n, k });
            }
        }
        let mut rows = rows.clone();
        rows.sort_by(|a, b| a.wavelength_nm.total_cmp(&b.wavelength_nm));
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].wavelength_nm >= pair[1].wavelength_nm) {
            return Err(EllipsometryError::SubstrateRepeats { wavelength_nm: pair[0].wavelength_nm });
        }
        Ok(Self::Table(rows))
    }

    /// First and last wavelength (nm).
    pub(super) fn range_nm(&self) -> (f64, f64) {
        match self {
            Self::Silicon => SILICON_RANGE_NM,
            Self::Table(rows) => (rows[0].wavelength_nm, rows[rows.len() - 1].wavelength_nm),
        }
    }

    /// n − ik; beyond the table its nearest row.
    pub(super) fn at(&self, wavelength_nm: f64) -> Complex64 {
        let Self::Table(rows) = self else { return silicon(wavelength_nm) };
        let above = rows.partition_point(|row| row.wavelength_nm < wavelength_nm).clamp(1, rows.len() - 1);
        let (low, high) = (rows[above - 1], rows[above]);
        let part = (wavelength_nm - low.wavelength_nm) / (high.wavelength_nm - low.wavelength_nm);
        between((low.n, low.k), (high.n, high.k), part.clamp(0.0, 1.0))
    }
}

fn between(low: (f64, f64), high: (f64, f64), part: f64) -> Complex64 {
    Complex64::new(low.0 + part * (high.0 - low.0), -(low.1 + part * (high.1 - low.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silicon_is_that_of_the_table_and_linear_between_its_rows() {
        assert_eq!(silicon(630.0), Complex64::new(3.879, -0.016444));
        let middle = silicon(255.0);
        assert!((middle.re - 1.711).abs() < 1e-12 && (middle.im + 3.8745).abs() < 1e-12, "{middle}");
        assert_eq!(silicon(2000.0), silicon(1450.0));
        assert_eq!(silicon(f64::NAN), silicon(250.0));
        assert_eq!(SILICON_RANGE_NM, (250.0, 1450.0));
    }

    /// Data sheets of fused silica give 1.4570 at 632.8 nm and 1.4696 at 404.7 nm.
    #[test]
    fn silica_has_the_index_of_data_sheets() {
        assert!((silica(632.8).re - 1.4570).abs() < 5e-5, "{}", silica(632.8).re);
        assert!((silica(404.66).re - 1.4696).abs() < 5e-5, "{}", silica(404.66).re);
    }

    #[test]
    fn a_table_of_ones_own_is_linear_and_may_be_unsorted() {
        let row = |wavelength_nm, n, k| OpticalConstants { wavelength_nm, n, k };
        let table = Substrate::Table(vec![row(600.0, 2.0, 0.2), row(400.0, 3.0, 0.4), row(500.0, 2.5, 0.3)]);
        let constants = Constants::of(&table).unwrap();
        assert_eq!(constants.range_nm(), (400.0, 600.0));
        assert!((constants.at(450.0) - Complex64::new(2.75, -0.35)).norm() < 1e-14);
        assert_eq!(constants.at(700.0), Complex64::new(2.0, -0.2));
    }
}
