//! Interprets the headers of a depth profile's columns: depth and its unit, an element and its content, an error.
//!
//! A column is an element's where its header is a symbol of the periodic table, perhaps with a mass number, and has
//! nothing but a unit of content beside it: `Li`, `7Li`, `Li (at.%)`, `Li at.%`, `[Li]`. `O1s`, `H (GPa)` and `Li (c/s)`
//! are not.

use aldb_elements::Nuclide;

/// The unit of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentUnit {
    Percent,
    Fraction,
}

/// The kind of depth; value in nm, or in 10¹⁵ atoms/cm², = value in the file × factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Depth {
    Nanometres(f64),
    Areal(f64),
}

/// The content that an error belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorOf {
    Nuclide(Nuclide),
    /// The column to the left.
    Previous,
}

/// The role of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    Depth(Depth),
    /// Content of the element that the header names.
    Content(Nuclide, Option<ContentUnit>),
    /// Error of a content.
    Error(ErrorOf, Option<ContentUnit>),
    /// Names of elements, one a row.
    Element,
    /// Mass number of the row's element.
    MassNumber,
    /// Content of the row's element.
    ContentOfRow(Option<ContentUnit>),
    Other,
}

/// Interprets the header of a column.
pub(super) fn role(header: &str) -> Role {
    let header = header.trim().trim_matches('"').trim();
    let (name, unit) = split_unit(header);
    let content_unit = unit.map(content_unit);
    if let Some(depth) = depth(name, unit) {
        return Role::Depth(depth);
    }
    // `Li (err)`
    if let (Some(nuclide), Some(ErrorOf::Previous)) = (element_name(name), unit.and_then(error_of)) {
        return Role::Error(ErrorOf::Nuclide(nuclide), None);
    }
    // Not a unit of content: hardness in GPa, yield in counts.
    let Some(stated) = content_unit.map_or(Some(None), |unit| unit.map(Some)) else { return Role::Other };
    if let Some(nuclide) = element_name(name) {
        return Role::Content(nuclide, stated);
    }
    if let Some(of) = error_of(name) {
        return Role::Error(of, stated);
    }
    match plain(name).as_str() {
        "element" | "symbol" | "isotope" | "nuclide" | "species" => Role::Element,
        "massnumber" | "mass" => Role::MassNumber,
        "content" | "concentration" | "conc" | "atomicconcentration" | "composition" => Role::ContentOfRow(stated),
        _ => match self::content_unit(header) {
            Some(unit) => Role::ContentOfRow(Some(unit)),
            None => Role::Other,
        },
    }
}

/// The depth unit of a cell of a row of units.
pub(super) fn depth_unit(cell: &str) -> Option<Depth> {
    let text = plain(cell.trim().trim_matches(['(', ')', '[', ']', '"']));
    match text.as_str() {
        "nm" => Some(Depth::Nanometres(1.0)),
        "å" | "a" | "ang" | "angstrom" | "ångström" | "angström" => Some(Depth::Nanometres(0.1)),
        "um" => Some(Depth::Nanometres(1000.0)),
        "tfu" => Some(Depth::Areal(1.0)),
        _ => {
            let text = text.replace("atoms", "at").replace("atom", "at");
            let (scale, rest) = match text.strip_prefix('x').unwrap_or(&text) {
                rest if rest.starts_with("1e15") => (1.0, rest.get(4..)?),
                rest if rest.starts_with("1015") => (1.0, rest.get(4..)?),
                rest if rest.starts_with("1e18") => (1000.0, rest.get(4..)?),
                rest if rest.starts_with("1018") => (1000.0, rest.get(4..)?),
                rest if rest.starts_with("at") => (1e-15, rest),
                _ => return None,
            };
            ["at/cm2", "/cm2", "atcm-2", "cm-2", "atcm2", "percm2", "atpercm2"]
                .contains(&rest)
                .then_some(Depth::Areal(scale))
        }
    }
}

/// The content unit that a text means.
pub(super) fn content_unit(text: &str) -> Option<ContentUnit> {
    match plain(text.trim().trim_matches(['(', ')', '[', ']', '"'])).as_str() {
        "%" | "at%" | "at-%" | "atom%" | "atoms%" | "atomic%" | "atpercent" | "atomicpercent" | "atompercent"
        | "percent" | "atpct" | "at%%" | "contentpercent" => Some(ContentUnit::Percent),
        "fraction" | "atomicfraction" | "atfraction" | "atfrac" | "atomfraction" | "frac" | "at/at" => {
            Some(ContentUnit::Fraction)
        }
        _ => None,
    }
}

/// Lower case without blanks, points, underscores and marks of powers; raised digits as plain ones.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\u{a0}' | '.' | '_' | '^' | '*' | '·' | '⋅' => {}
            '×' => plain.push('x'),
            'µ' | 'μ' => plain.push('u'),
            '⁻' | '−' => plain.push('-'),
            '¹' => plain.push('1'),
            '²' => plain.push('2'),
            '³' => plain.push('3'),
            '⁰' => plain.push('0'),
            '⁵' => plain.push('5'),
            '⁸' => plain.push('8'),
            // The ångström sign, which looks like the letter.
            '\u{212b}' => plain.push('å'),
            _ => plain.extend(c.to_lowercase()),
        }
    }
    plain
}

/// Name and unit of a header such as `Depth (nm)`, `Depth / nm`, `Li at.%`, `depth_nm`.
fn split_unit(header: &str) -> (&str, Option<&str>) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((name, unit)) = header.strip_suffix(close).and_then(|rest| rest.split_once(open))
            && !name.trim().is_empty()
            && (content_unit(unit).is_some() || !is_symbolic(name))
        {
            return (name.trim().trim_end_matches(','), Some(unit));
        }
    }
    // `1e15 at/cm2` is all unit.
    if depth_unit(header).is_some() {
        return ("", Some(header));
    }
    if let Some((name, unit)) = header.split_once('/')
        && !name.trim().is_empty()
        && !name.ends_with('+')
    {
        return (name.trim(), Some(unit));
    }
    for mark in [' ', '_', ','] {
        for (at, _) in header.match_indices(mark) {
            let (Some(name), Some(unit)) = (header.get(..at), header.get(at + 1..)) else { continue };
            if content_unit(unit).is_some() || depth_unit(unit).is_some() {
                return (name.trim().trim_end_matches(','), Some(unit));
            }
        }
    }
    for unit in ["at.%", "at%", "%"] {
        let name = header.strip_suffix(unit).or_else(|| header.strip_prefix(unit)).map(str::trim);
        if let Some(name) = name.filter(|name| element_name(name).is_some()) {
            return (name, Some(unit));
        }
    }
    (header, None)
}

/// Whether the text before a bracket means that the bracket holds an element: `σ(Li)`, `c(Li)`.
fn is_symbolic(name: &str) -> bool {
    matches!(name.trim(), "σ" | "Δ" | "δ" | "c" | "u" | "err" | "error" | "sigma" | "d" | "unc" | "±")
}

fn depth(name: &str, unit: Option<&str>) -> Option<Depth> {
    let unit = depth_unit(unit?)?;
    let words = name.to_lowercase().replace('_', " ");
    // The depth of a crater from sputtering or etching belongs to a different technique.
    if ["sputter", "etch", "err", "±", "resolution", "sigma"].iter().any(|word| words.contains(word)) {
        return None;
    }
    let is_depth = words.contains("depth")
        || words.contains("tiefe")
        || ["", "x", "z", "d", "areal density", "areal thickness", "distance"].contains(&words.trim());
    is_depth.then_some(unit)
}

/// The element of a name that states nothing else: `Li`, `[Li]`, `c(Li)`, `Li content`.
fn element_name(name: &str) -> Option<Nuclide> {
    let name = name.trim();
    let mut bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    bare = bare.strip_prefix("c(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(bare);
    for word in ["content", "concentration", "conc.", "conc"] {
        let rest = without_end(bare, word).or_else(|| without_start(bare, word));
        bare = rest
            .filter(|rest| rest.len() != rest.trim_matches([' ', '_']).len())
            .unwrap_or(bare)
            .trim_matches([' ', '_']);
    }
    for prefix in ["c_", "C_"] {
        bare = bare.strip_prefix(prefix).unwrap_or(bare);
    }
    Nuclide::parse(bare)
}

/// `text` without `word` at its start, ignoring case.
fn without_start<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word)).and_then(|_| text.get(word.len()..))
}

/// `text` without `word` at its end, ignoring case.
fn without_end<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let end = text.len().checked_sub(word.len())?;
    text.get(end..).filter(|rest| rest.eq_ignore_ascii_case(word)).and_then(|_| text.get(..end))
}

/// The content whose error a name such as `err`, `±`, `Li_err`, `dLi`, `σ(Li)` states.
fn error_of(name: &str) -> Option<ErrorOf> {
    const WORDS: [&str; 14] =
        ["uncertainty", "error", "err.", "err", "unc.", "unc", "sigma", "std", "sd", "stddev", "±", "+/-", "+-", "σ"];
    const PREFIXES: [&str; 5] = ["Δ", "δ", "d", "σ", "u"];
    let name = name.trim();
    // Tables of programs number columns of one name: `err.1`.
    let unnumbered =
        name.rsplit_once('.').filter(|(_, digits)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let word = unnumbered.map_or(name, |(word, _)| word).to_lowercase();
    let word = word.strip_prefix("stat. ").or_else(|| word.strip_prefix("statistical ")).unwrap_or(&word);
    if WORDS.contains(&word) || plain(word) == "contenterr" || plain(word) == "contenterror" {
        return Some(ErrorOf::Previous);
    }
    let trim = |text: &str| -> Option<Nuclide> {
        let text = text.trim_matches([' ', '_', '-']);
        // `Li (at.%) err`
        let text = match split_unit(text) {
            (name, Some(unit)) if content_unit(unit).is_some() => name,
            _ => text,
        };
        Nuclide::parse(text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(text))
    };
    for word in WORDS {
        let found = without_end(name, word).or_else(|| without_start(name, word)).and_then(trim);
        if let Some(nuclide) = found {
            return Some(ErrorOf::Nuclide(nuclide));
        }
    }
    let found = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix).and_then(trim));
    found.map(ErrorOf::Nuclide)
}

#[cfg(test)]
mod tests {
    use aldb_elements::Element;

    use super::*;

    const LI: Nuclide = Nuclide { element: Element::from_atomic_number(3).unwrap(), mass_number: None };
    const LI7: Nuclide = Nuclide { mass_number: Some(7), ..LI };
    const PERCENT: Option<ContentUnit> = Some(ContentUnit::Percent);

    #[test]
    fn depth_is_known_by_its_unit() {
        for header in
            ["Depth (nm)", "depth [nm]", "depth_nm", "Depth / nm", "depth nm", "nm", "Depth, nm", "Tiefe (nm)"]
        {
            assert_eq!(role(header), Role::Depth(Depth::Nanometres(1.0)), "{header}");
        }
        for header in [
            "Depth (1e15 at/cm2)",
            "depth [10^15 at./cm²]",
            "1E15 at/cm2",
            "Depth (10¹⁵ at/cm²)",
            "Depth / 10^15 atoms/cm^2",
            "depth (TFU)",
            "Areal density (1e15 at./cm2)",
            "Depth (×10¹⁵ atoms cm⁻²)",
            "depth_1e15_at_cm2",
            "areal_density_1e15_at_cm2",
        ] {
            assert_eq!(role(header), Role::Depth(Depth::Areal(1.0)), "{header}");
        }
        assert_eq!(role("Depth (Å)"), Role::Depth(Depth::Nanometres(0.1)));
        assert_eq!(role("Depth (µm)"), Role::Depth(Depth::Nanometres(1000.0)));
        assert_eq!(role("Depth (at/cm2)"), Role::Depth(Depth::Areal(1e-15)));
        for header in ["Depth", "Depth (s)", "Sputter depth (nm)", "Depth (10e15 at/cm2)", "Depth err (nm)", ""] {
            assert_eq!(role(header), Role::Other, "{header}");
        }
    }

    #[test]
    fn elements_are_symbols_with_a_unit_of_content_or_none() {
        assert_eq!(role("Li"), Role::Content(LI, None));
        assert_eq!(role("[Li]"), Role::Content(LI, None));
        assert_eq!(role("7Li"), Role::Content(LI7, None));
        for header in [
            "Li (at.%)",
            "Li [at%]",
            "Li at.%",
            "Li / at.%",
            "Li content (at. %)",
            "Li_at_percent",
            "c(Li) (%)",
            "Li%",
            "at.% Li",
        ] {
            assert_eq!(role(header), Role::Content(LI, PERCENT), "{header}");
        }
        assert_eq!(role("Li (fraction)"), Role::Content(LI, Some(ContentUnit::Fraction)));
        for header in ["O1s", "H (GPa)", "Li (c/s)", "P / mN", "li", "Lithium", "Sum", "SiO2"] {
            assert_eq!(role(header), Role::Other, "{header}");
        }
    }

    #[test]
    fn errors_belong_to_the_element_they_name_or_to_the_previous_column() {
        for header in ["err", "±", "+/-", "error", "err.1", "Stat. error", "Err (at.%)"] {
            assert!(matches!(role(header), Role::Error(ErrorOf::Previous, _)), "{header} {:?}", role(header));
        }
        for header in [
            "Li_err",
            "dLi",
            "ΔLi",
            "Li err",
            "err Li",
            "σ(Li)",
            "sigma_Li",
            "Li ±",
            "Li error (at.%)",
            "Li (err)",
            "Li (at.%) err",
            "±Li",
        ] {
            assert!(matches!(role(header), Role::Error(ErrorOf::Nuclide(LI), _)), "{header} {:?}", role(header));
        }
        assert_eq!(role("d7Li"), Role::Error(ErrorOf::Nuclide(LI7), None));
    }

    #[test]
    fn long_tables_name_element_and_content() {
        assert_eq!(role("Element"), Role::Element);
        assert_eq!(role("mass_number"), Role::MassNumber);
        for header in ["at.%", "Content (at.%)", "concentration [at%]", "content_percent", "Atomic percent"] {
            assert_eq!(role(header), Role::ContentOfRow(PERCENT), "{header}");
        }
    }
}
