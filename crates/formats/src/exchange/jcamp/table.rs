//! Reads a data table of JCAMP-DX, and compares it with what its block states about it.
//!
//! `(X++(Y..Y))`: each line begins with the abscissa of its first ordinate; the abscissas of all points are evenly spaced from FIRSTX to LASTX.
//! `(XY..XY)`: groups of one value for each variable.
//!
//! A line of `(X++(Y..Y))` is trusted if the line after it begins where its ordinates end, and, after differences, with its last
//! ordinate; otherwise it is rejected, and the lines after it keep their own abscissas.

use super::ordinates::{Decoded, LetterE, decode, is_packed};
use super::records::Record;
use crate::number::{DecimalMark, parse_number};
use crate::rejections::cut_row;
use crate::text::{Line, counted, excerpt};
use crate::{Place, ReadError};

/// Part of the span that rounding of a stated extreme explains.
const ROUNDING: f64 = 0.005;
/// Relative difference of two stated steps that rounding explains.
const STEP_ROUNDING: f64 = 0.01;
/// Part of a step up to which the last digit of a line's abscissa tells its place.
const COARSE: f64 = 0.3;
/// Relative difference of a check that the sum of differences explains.
const CHECK_ROUNDING: f64 = 1e-9;
/// Ordinates per byte beyond which a table is not one, and the number that is always permitted.
const MOST_PER_BYTE: usize = 50;
const ALWAYS_PERMITTED: usize = 10_000_000;

/// A variable of a table, as the block states it.
#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    /// The letter in the table's form.
    pub symbol: String,
    /// What it is, where the block names it.
    pub name: String,
    /// Its unit as written.
    pub units: String,
    /// Value = value in the table × `factor`.
    pub factor: f64,
    pub first: Option<f64>,
    pub last: Option<f64>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Of the abscissa.
    pub step: Option<f64>,
    /// Number of values announced.
    pub count: Option<f64>,
}

/// The form of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// `(X++(Y..Y))`: the symbols of abscissa and ordinate.
    Increment(String, String),
    /// `(XY..XY)`: the symbols of a group.
    Groups(Vec<String>),
}

/// The form that a record's value states.
pub(super) fn form(value: &str) -> Option<Form> {
    let inside = value.trim().strip_prefix('(')?;
    let folded: String = inside.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    if let Some((x, rest)) = folded.split_once("++(") {
        let (y, again) = rest.split_once("..")?;
        return again.starts_with(y).then(|| Form::Increment(x.to_owned(), y.to_owned()));
    }
    let (group, again) = folded.split_once("..")?;
    if group.is_empty() || !again.starts_with(group) {
        return None;
    }
    let symbols: Vec<String> = match group.contains(',') {
        true => group.split(',').map(str::to_owned).collect(),
        false => group.chars().map(String::from).collect(),
    };
    (symbols.len() > 1).then_some(Form::Groups(symbols))
}

/// A table that was read.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// One column a variable.
    pub columns: Vec<Vec<f64>>,
    /// Of each variable: why its values contradict the block, if they do.
    pub contradictions: Vec<Option<String>>,
    pub rejected: Vec<ReadError>,
    pub warnings: Vec<String>,
    pub incomplete: Option<String>,
}

/// Reads the lines of `record` as groups of `variables`.
pub(super) fn groups(record: &Record<'_>, variables: &[Variable], mark: DecimalMark) -> Table {
    let mut table = Table { columns: vec![Vec::new(); variables.len()], ..Table::default() };
    let count = variables.iter().find_map(|variable| variable.count);
    for line in record.lines() {
        let place = Place::Line(line.number);
        let separates = |c: char| c.is_whitespace() || c == ';' || (c == ',' && mark == DecimalMark::Point);
        let cells: Vec<&str> = line.text.split(separates).filter(|cell| !cell.is_empty()).collect();
        if cells.is_empty() || !cells.len().is_multiple_of(variables.len()) {
            table.rejected.push(ReadError::FieldCount { place, expected: variables.len(), found: cells.len() });
            continue;
        }
        // A last row without a line end is whole only where it is the last one announced.
        let rows = table.columns[0].len() + cells.len() / variables.len();
        if !line.ended && count.is_none_or(|count| (count - rows as f64).abs() > 0.5) {
            table.rejected.push(cut_row(line));
            continue;
        }
        let values: Result<Vec<f64>, ReadError> = cells
            .iter()
            .zip((0..variables.len()).cycle())
            .map(|(cell, column)| {
                let number = if *cell == "?" && column > 0 { Some(f64::NAN) } else { parse_number(cell, mark) };
                number.filter(|number| number.is_finite() || column > 0).ok_or_else(|| ReadError::NotANumber {
                    place,
                    column: variables[column].symbol.clone(),
                    unit: String::new(),
                    found: excerpt(cell, 40),
                })
            })
            .collect();
        match values {
            Ok(values) => {
                for (value, column) in values.into_iter().zip((0..variables.len()).cycle()) {
                    table.columns[column].push(value);
                }
            }
            Err(error) => table.rejected.push(error),
        }
    }
    announced(&mut table, variables);
    for (column, variable) in table.columns.iter_mut().zip(variables) {
        let is_whole = table.rejected.is_empty() && table.incomplete.is_none();
        let contradiction = scale(column, variable, is_whole, &mut table.warnings);
        table.contradictions.push(contradiction);
    }
    table
}

/// Compares the number of points with the announced one.
fn announced(table: &mut Table, variables: &[Variable]) {
    let found = table.columns.first().map_or(0, Vec::len);
    let Some(count) = variables.iter().find_map(|variable| variable.count) else { return };
    let words = format!("the block announces {count} points and has {found}");
    if found as f64 > count {
        table.warnings.push(words);
    } else if (found as f64) < count && table.rejected.is_empty() {
        table.incomplete = Some(words);
    }
}

/// Applies a variable's factor to its values, and compares them with the first, last, least and greatest that the block states; returns the
/// contradiction, if there is one. Where these are those of the values without the factor, it is left out.
fn scale(values: &mut [f64], variable: &Variable, is_whole: bool, warnings: &mut Vec<String>) -> Option<String> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (least, greatest) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let ends = (values.first().copied().unwrap_or(f64::NAN), values.last().copied().unwrap_or(f64::NAN));
    // Of a table with gaps only the first value is where the block says.
    let facts = [
        ("first", variable.first, ends.0, true),
        ("last", variable.last, ends.1, is_whole),
        ("least", variable.min, least, is_whole),
        ("greatest", variable.max, greatest, is_whole),
    ];
    let differing = |factor: f64| {
        let span = ((greatest - least) * factor).abs().max(greatest.abs().max(least.abs()) * factor.abs() * 1e-3);
        let differs = move |(words, stated, found, applies): &(&'static str, Option<f64>, f64, bool)| {
            let stated = stated.filter(|_| *applies && found.is_finite())?;
            // A negative factor exchanges least and greatest.
            let found = found * factor;
            ((stated - found).abs() > ROUNDING * span)
                .then(|| format!("its {words} value is stated as {stated} and is {found}"))
        };
        facts.iter().filter_map(differs).collect::<Vec<_>>()
    };
    let (scaled, unscaled) = (differing(variable.factor), differing(1.0));
    let is_stated = facts.iter().any(|(_, stated, found, applies)| *applies && stated.is_some() && found.is_finite());
    if !scaled.is_empty() && unscaled.is_empty() && is_stated {
        let (symbol, factor) = (&variable.symbol, variable.factor);
        warnings.push(format!(
            "the {symbol} of the table are stated without the factor {factor}, as their limits show: it is not applied"
        ));
        return None;
    }
    #[expect(clippy::float_cmp, reason = "a factor of exactly 1 changes nothing")]
    if variable.factor != 1.0 {
        values.iter_mut().for_each(|value| *value *= variable.factor);
    }
    (!scaled.is_empty()).then(|| scaled.join(", "))
}

/// A line of `(X++(Y..Y))`, and what it holds or why it does not.
type Read<'t> = (Line<'t>, Result<Decoded, String>);

/// The abscissas of a table.
#[derive(Debug, Clone, Copy)]
struct Grid {
    first: f64,
    step: f64,
    factor: f64,
    /// 1 where the abscissa of a line that begins with a check is that of the repeated point, 0 where it is that of the point after it:
    /// writers differ.
    check_offset: f64,
    /// Whether the lines' own abscissas are exact: all are whole steps from the first.
    is_exact: bool,
}

impl Grid {
    fn new(lines: &[Read<'_>], first: f64, step: f64, factor: f64) -> Self {
        let followed = lines.windows(2).find_map(|two| match (&two[0].1, &two[1].1) {
            (Ok(line), Ok(next)) if line.ends_in_difference => Some((next.x - line.x, line.ordinates.len())),
            _ => None,
        });
        let is_after = followed.is_some_and(|(moved, count)| (moved * factor / step - count as f64).abs() < 0.5);
        let grid = Self { first, step, factor, check_offset: if is_after { 0.0 } else { 1.0 }, is_exact: false };
        let mut places = lines.iter().flat_map(|(_, line)| line).map(|line| grid.place(line, false));
        let is_exact = places.all(|place| (place - place.round()).abs() < 0.05);
        Self { is_exact, ..grid }
    }

    /// The place of a line's first new ordinate, by its own abscissa.
    fn place(self, line: &Decoded, is_check: bool) -> f64 {
        (line.x * self.factor - self.first) / self.step + if is_check { self.check_offset } else { 0.0 }
    }

    /// Whether a line's own abscissa is that of this place, as far as its digits tell.
    fn is_at(self, line: &Decoded, is_check: bool, place: f64) -> bool {
        (self.place(line, is_check) - place).abs() <= 0.5 + self.digit(line)
    }

    /// The last digit of a line's abscissa, in steps.
    fn digit(self, line: &Decoded) -> f64 {
        if self.is_exact { 0.0 } else { (line.x_digit * self.factor / self.step).abs() }
    }

    fn abscissa(self, place: f64) -> f64 {
        self.first + self.step * place
    }
}

/// Reads the lines of `record` as ordinates of `y` at even steps of `x`; `is_ended` where the block has its end.
///
/// # Errors
///
/// [`ReadError::Malformed`] where the step is not known, or the abscissas of the lines contradict the stated ones throughout.
pub(super) fn increments(
    record: &Record<'_>,
    [x, y]: &[Variable; 2],
    mark: DecimalMark,
    is_ended: bool,
) -> Result<Table, ReadError> {
    let mut table = Table::default();
    let lines = read_lines(record, x.count, mark);
    let start = lines.first().and_then(|(_, line)| line.as_ref().ok()).map(|line| line.x);
    let mut factor = x.factor;
    // The abscissas of the lines may be stated in the unit itself, whatever the factor.
    if let (Some(first), Some(start)) = (x.first, start)
        && (start - first).abs() < ROUNDING * (start * factor - first).abs()
    {
        let words = format!(
            "the abscissas of the lines are stated without the factor {factor}, as FIRSTX shows: it is not applied"
        );
        table.warnings.push(words);
        factor = 1.0;
    }
    let Some(first) = x.first.or_else(|| start.map(|start| start * factor)) else {
        let found =
            lines.first().and_then(|(_, line)| line.as_ref().err().cloned()).unwrap_or_else(|| "no line".to_owned());
        return Err(ReadError::malformed(Place::Line(record.line + 1), "an abscissa and ordinates", found));
    };
    let by_limits = match (x.first, x.last, x.count) {
        (Some(first), Some(last), Some(count)) if count > 1.0 => Some((last - first) / (count - 1.0)),
        _ => None,
    };
    // DELTAX is often written without its sign.
    let direction = x.last.map_or(1.0, |last| (last - first).signum());
    let stated = [by_limits, x.step.map(|step| if x.last.is_some() { step.abs() * direction } else { step })];
    let mut steps: Vec<f64> = stated.into_iter().flatten().filter(|step| *step != 0.0 && step.is_finite()).collect();
    if steps.is_empty() {
        steps.extend(step_of(&lines, factor));
    }
    let grid = |step: &f64| Grid::new(&lines, first, *step, factor);
    let agree = steps.windows(2).all(|two| (two[0] / two[1] - 1.0).abs() < STEP_ROUNDING);
    let grid = match (steps.iter().find(|step| misplaced(&lines, grid(step)).is_none()), steps.first()) {
        (Some(step), _) => grid(step),
        // Steps that agree are right where a line is damaged.
        (None, Some(step)) if agree => grid(step),
        (None, Some(step)) => return Err(contradicted(&lines, grid(step))),
        (None, None) => {
            let expected = "FIRSTX, LASTX and NPOINTS, or DELTAX";
            return Err(ReadError::malformed(
                Place::Line(record.line),
                expected,
                "none that gives the step of the abscissa",
            ));
        }
    };
    for (name, other) in [("FIRSTX, LASTX and NPOINTS", by_limits), ("DELTAX", x.step)] {
        if let Some(other) = other.filter(|other| ((other / grid.step).abs() - 1.0).abs() > STEP_ROUNDING) {
            let step = grid.step;
            table
                .warnings
                .push(format!("{name} give a step of {other}, the lines of the table one of {step}, which is taken"));
        }
    }
    let count = x.count.filter(|_| is_ended && by_limits.is_some_and(|step| step.to_bits() == grid.step.to_bits()));
    place_lines(&mut table, &lines, grid, count)?;
    announced(&mut table, std::slice::from_ref(x));
    let is_whole = table.rejected.is_empty() && table.incomplete.is_none();
    let contradiction = scale(&mut table.columns[1], y, is_whole, &mut table.warnings);
    table.contradictions = vec![None, contradiction];
    Ok(table)
}

/// The step by the first two lines.
fn step_of(lines: &[Read<'_>], factor: f64) -> Option<f64> {
    let [(_, Ok(line)), (_, Ok(next)), ..] = lines else { return None };
    let count = line.ordinates.len().checked_sub(usize::from(line.ends_in_difference))?;
    let step = (next.x - line.x) * factor / count as f64;
    (step.is_finite() && step != 0.0).then_some(step)
}

/// Decodes all lines; where only `E` may be a pseudo-digit, in the sense that gives the announced number of points.
fn read_lines<'t>(record: &Record<'t>, count: Option<f64>, mark: DecimalMark) -> Vec<Read<'t>> {
    let bytes: usize = record.lines().map(|line| line.text.len()).sum();
    let read = |letter_e: LetterE| -> Vec<Read<'t>> {
        let mut left = (MOST_PER_BYTE * bytes + 1000).min(ALWAYS_PERMITTED.max(bytes));
        let one = |line: Line<'t>| {
            let decoded = decode(line.text, mark, letter_e, left);
            left = left.saturating_sub(decoded.as_ref().map_or(0, |line| line.ordinates.len()));
            (line, decoded)
        };
        record.lines().map(one).collect()
    };
    if record.lines().any(|line| is_packed(line.text)) {
        return read(LetterE::Digit);
    }
    let exponents = read(LetterE::Exponent);
    let points =
        |lines: &[Read<'_>]| lines.iter().flat_map(|(_, line)| line).map(|line| line.ordinates.len()).sum::<usize>();
    let is_as_announced = |lines: &[Read<'_>]| count.is_none_or(|count| (points(lines) as f64 - count).abs() < 0.5);
    if !is_as_announced(&exponents) && record.lines().any(|line| line.text.contains(['E', 'e'])) {
        let digits = read(LetterE::Digit);
        if is_as_announced(&digits) {
            return digits;
        }
    }
    exponents
}

/// The first line that does not begin where the ordinates before it end, and that place.
fn misplaced(lines: &[Read<'_>], grid: Grid) -> Option<(usize, f64)> {
    let mut count = 0_usize;
    let mut is_check = false;
    for (at, (_, line)) in lines.iter().enumerate() {
        let is_at_place = |line: &Decoded| grid.is_at(line, is_check, count as f64);
        let Some(line) = line.as_ref().ok().filter(|line| is_at_place(line)) else { return Some((at, count as f64)) };
        count += line.ordinates.len().saturating_sub(usize::from(is_check));
        is_check = line.ends_in_difference;
    }
    None
}

/// The error where the lines cannot be placed.
fn contradicted(lines: &[Read<'_>], grid: Grid) -> ReadError {
    let (at, place) = misplaced(lines, grid).unwrap_or_default();
    let (line, found) = lines.get(at).map_or((0, String::new()), |(line, decoded)| {
        let found = decoded.as_ref().map_or_else(Clone::clone, |decoded| (decoded.x * grid.factor).to_string());
        (line.number, found)
    });
    let expected =
        format!("the abscissa {}, by FIRSTX, LASTX, NPOINTS and the ordinates before it", grid.abscissa(place));
    ReadError::malformed(Place::Line(line), expected, found)
}

/// Puts the ordinates of all trusted lines at their abscissas; `count` where all of them must end there.
fn place_lines(table: &mut Table, lines: &[Read<'_>], grid: Grid, count: Option<f64>) -> Result<(), ReadError> {
    let is_counted = misplaced(lines, grid).is_none();
    let is_coarse = lines.iter().flat_map(|(_, line)| line).any(|line| grid.digit(line) > COARSE);
    if !is_counted && is_coarse {
        return Err(contradicted(lines, grid));
    }
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    let mut counted_until = 0.0;
    let mut is_check = false;
    for (at, (line, decoded)) in lines.iter().enumerate() {
        let place = Place::Line(line.number);
        let decoded = match decoded {
            Ok(decoded) => decoded,
            Err(found) => {
                table.rejected.push(ReadError::malformed(place, "an abscissa and ordinates", found.clone()));
                is_check = false;
                continue;
            }
        };
        let ordinates = decoded.ordinates.get(usize::from(is_check)..).unwrap_or_default();
        let begin = if is_counted { counted_until } else { grid.place(decoded, is_check).round() };
        let end = begin + ordinates.len() as f64;
        counted_until = end;
        is_check = decoded.ends_in_difference;
        let distrusted = match lines.get(at + 1) {
            Some((_, Ok(next))) => distrust(decoded, next, end, grid),
            Some(_) => None,
            None if !line.ended && count.is_none() => {
                let expected = "a last line with a line end".to_owned();
                Some((expected, format!("the end of the file after `{}`", excerpt(line.text, 24))))
            }
            None => count.filter(|count| (count - end).abs() > 0.5).map(|count| {
                let expected = format!("ordinates up to the abscissa {}, by LASTX", grid.abscissa(count - 1.0));
                (expected, counted(ordinates.len() as u64, "ordinate"))
            }),
        };
        if let Some((expected, found)) = distrusted {
            table.rejected.push(ReadError::malformed(place, expected, found));
            continue;
        }
        xs.extend((0..ordinates.len()).map(|place| grid.abscissa(begin + place as f64)));
        ys.extend(ordinates);
    }
    table.columns = vec![xs, ys];
    Ok(())
}

/// Why the line after a line denies it: what was expected, and what was found.
fn distrust(line: &Decoded, next: &Decoded, end: f64, grid: Grid) -> Option<(String, String)> {
    if let Some((last, repeated)) =
        line.ordinates.last().zip(next.ordinates.first()).filter(|_| line.ends_in_difference)
        && (repeated - last).abs() > CHECK_ROUNDING * last.abs().max(1.0)
    {
        let expected = format!("differences that end at {repeated}, the ordinate that the next line repeats");
        return Some((expected, last.to_string()));
    }
    (!grid.is_at(next, line.ends_in_difference, end)).then(|| {
        let expected = format!("ordinates up to the abscissa {}, with which the next line begins", next.x);
        (expected, counted(line.ordinates.len() as u64, "ordinate"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::records::blocks;
    use super::*;

    fn variables(count: f64) -> [Variable; 2] {
        let x = Variable {
            symbol: "X".to_owned(),
            factor: 1.0,
            first: Some(10.0),
            last: Some(9.0 + count),
            ..Variable::default()
        };
        let y = Variable { symbol: "Y".to_owned(), factor: 0.5, ..Variable::default() };
        [Variable { count: Some(count), ..x }, y]
    }

    fn read(lines: &str, count: f64) -> Result<Table, ReadError> {
        let text = format!("##TITLE=a\n##XYDATA=(X++(Y..Y))\n{lines}##END=\n");
        let blocks = blocks(&text)?;
        increments(blocks[0].record("XYDATA").unwrap(), &variables(count), DecimalMark::Point, true)
    }

    #[test]
    fn healthy_tables_are_read_whole_wherever_their_checks_stand() {
        // The abscissa of a check is that of the repeated point, or of the point after it.
        for lines in ["10A2JJ\n12A4JJ\n14A6\n", "10A2JJ\n13A4JJ\n15A6\n", "10+12+13+14\n13 15 16\n"] {
            let table = read(lines, 5.0).unwrap();
            assert_eq!(table.columns, [vec![10.0, 11.0, 12.0, 13.0, 14.0], vec![6.0, 6.5, 7.0, 7.5, 8.0]], "{lines}");
            assert!(table.rejected.is_empty() && table.warnings.is_empty() && table.incomplete.is_none(), "{table:?}");
        }
    }

    #[test]
    fn a_line_that_the_next_one_denies_is_rejected_and_the_others_keep_their_abscissas() {
        let rejected = |table: &Table| table.rejected.iter().map(ToString::to_string).collect::<Vec<_>>();
        let lost = read("10 1 2 3\n13 4 6\n16 7 8 9\n19 10\n", 10.0).unwrap();
        assert_eq!(
            rejected(&lost),
            ["line 4: expected ordinates up to the abscissa 16, with which the next line begins, found 2 ordinates"]
        );
        assert_eq!(lost.columns[0], [10.0, 11.0, 12.0, 16.0, 17.0, 18.0, 19.0]);
        let changed = read("10A2JJ\n12A5JJ\n14A7\n", 5.0).unwrap();
        assert_eq!(
            rejected(&changed)[0],
            "line 3: expected differences that end at 15, the ordinate that the next line repeats, found 14"
        );
        let last = read("10 1 2 3\n13 4\n", 5.0).unwrap();
        assert_eq!(rejected(&last), ["line 4: expected ordinates up to the abscissa 14, by LASTX, found 1 ordinate"]);
        let unread = read("10 1 2 3\n13 4 x 6\n16 7\n", 7.0).unwrap();
        assert_eq!(rejected(&unread), ["line 4: expected an abscissa and ordinates, found `x 6`"]);
        assert_eq!(unread.columns[0], [10.0, 11.0, 12.0, 16.0]);
    }

    #[test]
    fn steps_that_contradict_each_other_are_decided_by_the_lines() {
        let mut variables = variables(4.0);
        variables[0].step = Some(0.5);
        let text = "##TITLE=a\n##XYDATA=(X++(Y..Y))\n10 1 2\n12 3 4\n##END=\n";
        let of = |text: &str, variables: &[Variable; 2]| {
            increments(blocks(text).unwrap()[0].record("XYDATA").unwrap(), variables, DecimalMark::Point, true)
        };
        let table = of(text, &variables).unwrap();
        assert_eq!(table.columns[0], [10.0, 11.0, 12.0, 13.0]);
        assert_eq!(table.warnings, ["DELTAX give a step of 0.5, the lines of the table one of 1, which is taken"]);
        let neither = "##TITLE=a\n##XYDATA=(X++(Y..Y))\n10 1 2\n17 3 4\n##END=\n";
        let error = of(neither, &variables).unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 4: expected the abscissa 12, by FIRSTX, LASTX, NPOINTS and the ordinates before it, found 17"
        );
    }

    #[test]
    fn stated_limits_decide_whether_a_factor_is_applied() {
        let mut variables = variables(3.0);
        let mut of = |first: f64, max: f64| {
            (variables[1].first, variables[1].max) = (Some(first), Some(max));
            let text = "##TITLE=a\n##XYPOINTS=(XY..XY)\n10, 100; 11, 300\n12 200\n##END=\n";
            groups(blocks(text).unwrap()[0].record("XYPOINTS").unwrap(), &variables, DecimalMark::Point)
        };
        let healthy = of(50.0, 150.0);
        assert_eq!(
            (&healthy.columns[1][..], &healthy.contradictions[..]),
            (&[50.0, 150.0, 100.0][..], &[None, None][..])
        );
        let unscaled = of(100.0, 300.0);
        assert_eq!(unscaled.columns[1], [100.0, 300.0, 200.0]);
        assert_eq!(unscaled.warnings.len(), 1);
        let contradictory = of(50.0, 900.0);
        assert_eq!(contradictory.contradictions[1].as_deref(), Some("its greatest value is stated as 900 and is 150"));
    }

    #[test]
    fn forms_are_recognised() {
        assert_eq!(form(" (X++(Y..Y)), XYDATA"), Some(Form::Increment("X".to_owned(), "Y".to_owned())));
        assert_eq!(form("(XY..XY)"), Some(Form::Groups(vec!["X".to_owned(), "Y".to_owned()])));
        assert_eq!(
            form("(F, R, I..F, R, I)").map(|form| matches!(form, Form::Groups(symbols) if symbols.len() == 3)),
            Some(true)
        );
        assert_eq!([form("(X..X)"), form("XY"), form("(XY)")], [None, None, None]);
    }
}
