//! Situations of the kernels of `mixtures`.

use crate::trial::Situation;

pub(crate) fn situations() -> Vec<Situation> {
    Vec::new()
}
