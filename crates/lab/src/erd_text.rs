//! Writes depth profiles of elastic recoil detection as a table: depth, then a pair of columns an element.
//!
//! Format: UTF-8, tab-separated; lines that begin with `#`, then names such as `Depth (nm)`, `Li (at.%)` and
//! `Li err (at.%)`. No such file of a laboratory was found in public; this is the plainest table that people would write.

use crate::file::REMARK;

/// What the depth is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Nanometres, by an assumed density.
    Nanometre,
    /// Atoms above it: 1e15 a cm².
    Areal,
}

impl Depth {
    fn name(self) -> &'static str {
        match self {
            Self::Nanometre => "Depth (nm)",
            Self::Areal => "Depth (1e15 at/cm2)",
        }
    }
}

/// A depth and, for each element, content and standard uncertainty (at.%).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) depth: f64,
    pub(crate) contents: Vec<(f64, f64)>,
}

/// The file of a sample. Every row has as many contents as there are elements.
pub(crate) fn table(sample: &str, beam: &str, depth: Depth, elements: &[&str], rows: &[Row]) -> Vec<u8> {
    let mut text = format!("# {REMARK}\n# sample: {sample}\n# beam: {beam}\n{}", depth.name());
    for element in elements {
        text += &format!("\t{element} (at.%)\t{element} err (at.%)");
    }
    text += "\n";
    for row in rows {
        text += &format!("{:.2}", row.depth);
        for (percent, error) in &row.contents {
            text += &format!("\t{percent:.3}\t{error:.3}");
        }
        text += "\n";
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_has_a_pair_of_columns() {
        let rows = [Row { depth: 1.0, contents: vec![(28.0, 1.2), (0.1, 0.05)] }];
        let text = String::from_utf8(table("film", "35Cl4+ 8.013 MeV", Depth::Areal, &["Li", "B"], &rows)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("# synthetic: "));
        assert_eq!(lines[3], "Depth (1e15 at/cm2)\tLi (at.%)\tLi err (at.%)\tB (at.%)\tB err (at.%)");
        assert_eq!(lines[4..], ["1.00\t28.000\t1.200\t0.100\t0.050"]);
    }
}
