//! Detects where a row starts a new measurement: a sweep that begins again, or a column that changes.

use crate::delimited::layout::Layout;
use crate::delimited::sweep::Sweep;
use crate::manifest::Manifest;

/// Follows the rows and detects when a measurement begins.
#[derive(Debug)]
pub(super) struct Blocks {
    sweep: Option<Sweep>,
    frequency: Option<usize>,
    watched: Vec<Watched>,
    is_empty: bool,
}

/// A column whose change starts a measurement.
#[derive(Debug)]
struct Watched {
    column: usize,
    is_text: bool,
    number: f64,
    words: String,
}

impl Blocks {
    pub(super) fn new(manifest: &Manifest, layout: &Layout<'_>) -> Self {
        let place = |name: &str| layout.columns.iter().position(|column| column.heading.name == name);
        let watched = manifest.blocks.columns.iter().filter_map(|name| {
            let column = place(name)?;
            let is_text = layout.columns[column].is_text;
            Some(Watched { column, is_text, number: f64::NAN, words: String::new() })
        });
        Self {
            sweep: manifest.blocks.sweep.then(Sweep::default),
            frequency: place("frequency_hz"),
            watched: watched.collect(),
            is_empty: true,
        }
    }

    /// Takes the next row, as the numbers and cells of its columns; whether it starts a measurement. The first row
    /// doesn't: its measurement exists already.
    pub(super) fn begins(&mut self, numbers: &[f64], cells: &[&str]) -> bool {
        let mut has_changed = false;
        for watched in &mut self.watched {
            if watched.is_text {
                if watched.words != cells[watched.column] {
                    watched.words.clear();
                    watched.words.push_str(cells[watched.column]);
                    has_changed = true;
                }
            } else if watched.number.to_bits() != numbers[watched.column].to_bits() {
                watched.number = numbers[watched.column];
                has_changed = true;
            }
        }
        let frequency = self.frequency.map(|place| numbers[place]);
        let is_first = std::mem::replace(&mut self.is_empty, false);
        if has_changed && !is_first {
            self.restart_sweep();
        }
        let begins_again = match (&mut self.sweep, frequency) {
            (Some(sweep), Some(frequency)) => sweep.begins_again(frequency),
            _ => false,
        };
        !is_first && (has_changed || begins_again)
    }

    /// A line that isn't a row starts a measurement.
    pub(super) fn restart(&mut self) {
        self.restart_sweep();
        self.is_empty = true;
    }

    fn restart_sweep(&mut self) {
        if let Some(sweep) = &mut self.sweep {
            *sweep = Sweep::default();
        }
    }
}
