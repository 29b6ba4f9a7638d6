//! What was put into the synthetic files: a number for every sample and quantity, and where it comes from.

/// Where a number that went into the files comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Printed by Verhelle et al., Chem. Mater. 37, 687 (2025), in this section or table.
    Paper(&'static str),
    /// Follows from printed numbers, as the text explains.
    Derived(&'static str),
    /// Stands in this other source.
    Reference(&'static str),
    /// Nowhere printed: chosen for this laboratory, and why.
    Chosen(&'static str),
}

/// A number that went into the files of a sample: what a perfect evaluation would find.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// The sample.
    pub sample_id: String,
    /// The technique by its name in tables, such as `x_ray_diffraction`.
    pub technique: &'static str,
    /// The quantity; its unit ends the name.
    pub quantity: String,
    /// Its value; `None` where the true answer is that there is none, as for the onset of a current that never rises.
    pub value: Option<f64>,
    /// Where it comes from.
    pub origin: Origin,
}
