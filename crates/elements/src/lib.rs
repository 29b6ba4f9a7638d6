//! Chemical elements, formulas and physical constants: each value once, with its source.
