//! Draws figures from Arrow record batches: Nyquist plots, Arrhenius plots, conductivity charts; SVG and PNG.
//!
//! A figure is laid out for one column of a journal: 85 mm wide, text of 6.5 to 7.5 points, the palette of Okabe and
//! Ito, and markers whose shapes differ, so that a print in grey can be read. The same batches give the same bytes.
//! Rows without the numbers they need are left out, counted, and named in [`Figure::caption`].
//!
//! Drawing uses the scene, the SVG writer, the rasteriser and the fonts of `kuva`, which needs neither a system font
//! nor a download. Its plots are not used: they have no axis in °C above one in 1/T, no rows with ranges in which a
//! marker may be open, and place the legend next to the data. So axes and legends are laid out here.
//!
//! This crate never knows where a batch came from: no lake, no SQL, no paths.

mod arrhenius;
mod axis;
mod canvas;
mod columns;
mod conductivity_chart;
mod figure;
mod formula;
mod frame;
mod legend;
mod nyquist;
mod text;

pub use arrhenius::arrhenius;
pub use conductivity_chart::conductivity_chart;
pub use figure::{Figure, FigureError, FigureOptions};
pub use nyquist::{NyquistOptions, NyquistView, nyquist};
