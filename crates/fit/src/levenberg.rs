//! levenberg
