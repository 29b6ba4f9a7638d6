//! Situations of the kernels of `arrhenius`.

use crate::trial::Situation;

pub(crate) fn situations() -> Vec<Situation> {
    Vec::new()
}
