//! nonnegative
