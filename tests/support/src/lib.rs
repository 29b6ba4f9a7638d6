//! What tests and benches share: seeded noise, damage done to bytes, and the folder of measured files.

mod damage;
mod measured;
mod noise;

pub use damage::{damage, survives_cuts_and_damage};
pub use measured::real_files;
pub use noise::Noise;
