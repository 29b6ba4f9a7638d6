//! Messages, progress and standard output.

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Prints an error on standard error.
pub(crate) fn error(text: &str) {
    let label = if colour() { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    message(&format_args!("{label}: {text}"));
}

/// Prints a message that is not a result on standard error.
pub(crate) fn message(text: &dyn Display) {
    // If standard error is closed, there is nowhere left to report it.
    writeln!(io::stderr().lock(), "{text}").ok();
}

fn colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Standard output. If the reader closes it (`| head`), that is not an error.
pub(crate) fn output() -> impl Write + Send {
    BufWriter::new(Output)
}

/// Writes JSON objects: one as an object, several as an array.
pub(crate) fn write_objects(out: &mut impl Write, objects: &[serde_json::Value]) -> io::Result<()> {
    let text = match objects {
        [object] => serde_json::to_string_pretty(object)?,
        objects => serde_json::to_string_pretty(objects)?,
    };
    writeln!(out, "{text}")
}

struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ended(io::stdout().lock().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        ended(io::stdout().lock().flush())
    }
}

fn ended<T>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other,
    }
}

/// A number with its noun: `1 key`, `2 keys`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

/// A progress bar for work of known length; shown only on a terminal.
pub(crate) fn bar(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}

/// A spinner for work of unknown length; shown only on a terminal.
pub(crate) fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
