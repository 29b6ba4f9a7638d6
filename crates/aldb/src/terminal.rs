//! Messages, progress and standard output.

use std::fmt::{Display, Write as _};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::time::Duration;

use aldb_query::table::printable;
use indicatif::{ProgressBar, ProgressStyle};

/// Prints an error on standard error.
pub(crate) fn error(text: &str) {
    let label = if colour() { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    say(&format!("{label}: {}", indented(&without_backtrace(text))));
}

/// Prints a message that is not a result on standard error.
pub(crate) fn message(text: &dyn Display) {
    say(&lines_printable(&text.to_string()));
}

fn say(text: &str) {
    // If standard error is closed, there is nowhere left to report it.
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// A word of alarm: red on a terminal.
pub(crate) fn alarm(text: &str) -> String {
    let is_red = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if is_red { format!("\u{1b}[1;31m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A text of several lines for a terminal.
pub(crate) fn lines_printable(text: &str) -> String {
    text.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

/// The same with its further lines indented, so that none of them looks like another message.
fn indented(text: &str) -> String {
    lines_printable(text).replace('\n', "\n  ")
}

/// A message without the calls in the program that led to it, which some packages append where `RUST_BACKTRACE` is set.
fn without_backtrace(text: &str) -> String {
    let is_call = |line: &str| {
        let line = line.trim_start();
        let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
        (number.len() < line.len() && number.starts_with(": ") && number.contains("::"))
            || (line.starts_with("at ") && line.contains(".rs:"))
            || line.trim_end().ends_with("backtrace:")
    };
    let mut kept = String::new();
    for line in text.lines().filter(|line| !is_call(line)) {
        let separator = if kept.is_empty() { "" } else { "\n" };
        write!(kept, "{separator}{}", line.split("backtrace:    0: ").next().unwrap_or(line)).ok();
    }
    kept.truncate(kept.trim_end().len());
    kept
}

fn colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Standard output for text, in which control characters but line ends and tabs are shown as escapes (see [`printable`]). If the
/// reader closes it (`| head`), that is not an error.
pub(crate) fn output() -> impl Write + Send {
    BufWriter::new(Printable(Output))
}

/// Standard output for rows that another program reads, byte by byte as they are.
pub(crate) fn data() -> impl Write + Send {
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

struct Printable<W>(W);

impl<W: Write> Write for Printable<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_harmful = |byte: &u8| (*byte < b' ' && !matches!(*byte, b'\n' | b'\t')) || *byte == 0x7f;
        for part in bytes.chunk_by(|a, b| !is_harmful(a) && !is_harmful(b)) {
            match part {
                [byte] if is_harmful(byte) => write!(self.0, "{}", char::from(*byte).escape_default())?,
                part => self.0.write_all(part)?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_an_error_looks_like_another_message() {
        assert_eq!(indented("`a\nerror: b`: c\u{1b}[2J"), "`a\n  error: b`: c\\u{1b}[2J");
    }

    #[test]
    fn text_on_standard_output_cannot_command_the_terminal() {
        let mut text = Vec::new();
        Printable(&mut text).write_all("µm\ta\u{1b}[2J\u{7}\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), "µm\ta\\u{1b}[2J\\u{7}\n");
    }

    #[test]
    fn an_error_is_printed_without_the_calls_that_led_to_it() {
        let traced = "cannot write table `growth`: No space left on device\n\nbacktrace:    0: std::backtrace::Backtrace::create\n   \
                      1: aldb::main\n             at ./crates/aldb/src/main.rs:80:5\n   2: __libc_start_main::h1\n";
        assert_eq!(without_backtrace(traced), "cannot write table `growth`: No space left on device");
        let healthy = "line 12: expected 3 columns\n  1: `a`\n  2: `b`";
        assert_eq!(without_backtrace(healthy), healthy);
    }
}
