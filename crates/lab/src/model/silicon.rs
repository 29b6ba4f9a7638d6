//! Optical constants of a silicon wafer: silicon and its native oxide.
//!
//! Silicon: M. A. Green, Sol. Energy Mater. Sol. Cells 92, 1305 (2008), at 300 K, doi 10.1016/j.solmat.2008.06.009, as
//! tabulated by refractiveindex.info (CC0), every 10 nm. Oxide: I. H. Malitson, J. Opt. Soc. Am. 55, 1205 (1965).

use super::complex::Complex;

/// Wavelength of the first row (nm), and from row to row.
const FIRST_NM: f64 = 250.0;
const STEP_NM: f64 = 10.0;

/// Refractive index and extinction coefficient from 250 to 1000 nm.
#[rustfmt::skip]
const SILICON: [(f64, f64); 76] = [
    (1.665, 3.665), (1.757, 4.084), (2.068, 4.68), (2.959, 5.287), (4.356, 5.286), (4.976, 4.234),
    (5.121, 3.598), (5.112, 3.303), (5.195, 3.1), (5.301, 2.977), (5.494, 2.938), (6.026, 2.966),
    (6.891, 2.171), (6.616, 0.946), (6.039, 0.445), (5.613, 0.296), (5.33, 0.227), (5.119, 0.176),
    (4.949, 0.138), (4.812, 0.107), (4.691, 0.086302), (4.587, 0.071381), (4.497, 0.062086), (4.419, 0.055004),
    (4.35, 0.049131), (4.294, 0.044165), (4.241, 0.039367), (4.193, 0.036415), (4.151, 0.033108), (4.112, 0.030295),
    (4.077, 0.027968), (4.045, 0.025758), (4.015, 0.024131), (3.988, 0.022524), (3.963, 0.021081), (3.94, 0.019934),
    (3.918, 0.018446), (3.898, 0.017367), (3.879, 0.016444), (3.861, 0.015432), (3.844, 0.014431), (3.828, 0.013498),
    (3.813, 0.012743), (3.798, 0.011905), (3.784, 0.011201), (3.772, 0.010528), (3.759, 0.010057), (3.748, 0.0096257),
    (3.737, 0.0089461), (3.727, 0.008362), (3.717, 0.0078185), (3.708, 0.007197), (3.699, 0.0067402), (3.691, 0.0063933),
    (3.683, 0.005834), (3.675, 0.0054113), (3.668, 0.0049955), (3.661, 0.0046134), (3.654, 0.0042734), (3.647, 0.0039439),
    (3.641, 0.003612), (3.635, 0.0032781), (3.63, 0.0029839), (3.624, 0.0026821), (3.619, 0.0024293), (3.614, 0.0021701),
    (3.609, 0.0019625), (3.604, 0.0017571), (3.6, 0.0015467), (3.595, 0.0013689), (3.591, 0.0011793), (3.587, 0.0010237),
    (3.583, 0.00087225), (3.579, 0.00074866), (3.575, 0.00062238), (3.572, 0.0005093),
];

/// Index of silicon n + ik at a wavelength (nm), linear between the rows; beyond them the nearest row.
pub(crate) fn silicon(wavelength_nm: f64) -> Complex {
    let place = ((wavelength_nm - FIRST_NM) / STEP_NM).clamp(0.0, (SILICON.len() - 1) as f64);
    let below = (place.floor() as usize).min(SILICON.len() - 2);
    let part = place - below as f64;
    let ((n_below, k_below), (n_above, k_above)) = (SILICON[below], SILICON[below + 1]);
    Complex::new(n_below + part * (n_above - n_below), k_below + part * (k_above - k_below))
}

/// Index of fused silica at a wavelength (nm), used for the native oxide.
pub(crate) fn silica(wavelength_nm: f64) -> Complex {
    let squared = (wavelength_nm * 1e-3).powi(2);
    let term = |strength: f64, resonance_um: f64| strength * squared / (squared - resonance_um * resonance_um);
    let n_squared =
        1.0 + term(0.696_166_3, 0.068_404_3) + term(0.407_942_6, 0.116_241_4) + term(0.897_479_4, 9.896_161);
    Complex::from(n_squared.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silicon_is_that_of_the_table_and_linear_between_its_rows() {
        assert_eq!(silicon(630.0), Complex::new(3.879, 0.016444));
        let between = silicon(255.0);
        assert!((between.re - 1.711).abs() < 1e-12 && (between.im - 3.8745).abs() < 1e-12, "{between:?}");
        assert_eq!(silicon(1200.0), Complex::new(3.572, 0.0005093));
    }

    /// 1.4570 at 632.8 nm is what data sheets of fused silica print.
    #[test]
    fn silica_has_the_index_of_data_sheets() {
        assert!((silica(632.8).re - 1.4570).abs() < 1e-4, "{}", silica(632.8).re);
    }
}
