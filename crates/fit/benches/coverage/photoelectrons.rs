//! Situations of the kernels of `photoelectrons`.

use crate::trial::Situation;

pub(crate) fn situations() -> Vec<Situation> {
    Vec::new()
}
