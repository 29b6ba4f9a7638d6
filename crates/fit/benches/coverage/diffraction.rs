//! Situations of the kernels of `diffraction`.

use crate::trial::Situation;

pub(crate) fn situations() -> Vec<Situation> {
    Vec::new()
}
