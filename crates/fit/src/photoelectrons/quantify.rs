//! Contents from areas and relative sensitivity factors.

/// The area of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineArea<'a> {
    /// The line, as `O 1s`.
    pub line: &'a str,
    /// Its area over the background, with the transmission of the analyser already divided out.
    pub area: f64,
    /// Its standard error.
    pub area_err: f64,
    /// Its relative sensitivity factor.
    pub sensitivity: f64,
}

/// The content that a line tells.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomicContent {
    /// The line.
    pub line: String,
    /// Content (at.%).
    pub content_percent: f64,
    /// Its standard error (at.%), of the areas alone: sensitivity factors are taken as exact.
    pub content_err_percent: f64,
}

/// Contents from the areas of one line an element: each area over its factor, in parts of the sum.
#[must_use]
pub fn quantify(areas: &[LineArea<'_>]) -> Vec<AtomicContent> {
    let weighted: Vec<(f64, f64)> =
        areas.iter().map(|line| (line.area / line.sensitivity, line.area_err / line.sensitivity)).collect();
    let total: f64 = weighted.iter().map(|(area, _)| area).sum();
    areas
        .iter()
        .zip(&weighted)
        .map(|(line, (area, error))| {
            let share = area / total;
            let others: f64 = weighted.iter().map(|(_, error)| error * error).sum::<f64>() - error * error;
            let variance = ((1.0 - share) * error).powi(2) + share * share * others;
            AtomicContent {
                line: line.line.to_owned(),
                content_percent: 100.0 * share,
                content_err_percent: 100.0 * variance.sqrt() / total,
            }
        })
        .collect()
}

/// Photoionisation cross section of a line for Al Kα, relative to C 1s: Scofield's, both spin-orbit components together.
#[must_use]
pub fn relative_sensitivity(line: &str) -> Option<f64> {
    let plain: String = line.chars().filter(|letter| letter.is_alphanumeric()).collect();
    FACTORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&plain)).map(|(_, factor)| *factor)
}

#[rustfmt::skip]
const FACTORS: [(&str, f64); 19] = [
    ("Li1s", 0.0568), ("Be1s", 0.1947), ("B1s", 0.486), ("C1s", 1.0), ("N1s", 1.80), ("O1s", 2.93), ("F1s", 4.43),
    ("Na1s", 8.52), ("Mg2s", 0.575), ("Al2p", 0.537), ("Al2s", 0.753), ("Si2p", 0.817), ("Si2s", 0.955), ("P2p", 1.192),
    ("P2s", 1.18), ("S2p", 1.679), ("Cl2p", 2.285), ("Ti2p", 7.91), ("Mn2p", 14.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_atoms_have_areas_as_their_factors() {
        let of = |line: &'static str| {
            let sensitivity = relative_sensitivity(line).unwrap();
            LineArea { line, area: 100.0 * sensitivity, area_err: sensitivity, sensitivity }
        };
        let contents = quantify(&[of("Li 1s"), of("O 1s")]);
        assert!((contents[0].content_percent - 50.0).abs() < 1e-9);
        // One per cent of each of two equal parts.
        assert!((contents[0].content_err_percent - 50.0 * 0.01 / 2.0_f64.sqrt()).abs() < 1e-9);
    }
}
