//! What tests and benches share: seeded noise, damage done to bytes, light and X-rays on layers, parameters of circuits, and the folder of measured files.

mod circuits;
mod damage;
mod layers;
mod measured;
mod noise;
mod reflectivity;

pub use circuits::film_parameters;
pub use damage::{damage, survives_cuts_and_damage};
pub use layers::{Complex, half_air, psi_delta_of_layers};
pub use measured::real_files;
pub use noise::Noise;
pub use reflectivity::{CU_K_ALPHA_1_ANGSTROM, XrayLayer, film_reflectivity, xray_reflectivity};
