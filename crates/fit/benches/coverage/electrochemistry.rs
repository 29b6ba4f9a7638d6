//! Situations of the kernels of `electrochemistry`.

use crate::trial::Situation;

pub(crate) fn situations() -> Vec<Situation> {
    Vec::new()
}
