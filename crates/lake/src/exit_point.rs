//! Numbered steps of the writing path at which a test can end the process, as a power cut would.
//!
//! For tests only: if the environment variable `ALDB_TEST_EXIT_AT` is `KIND:N`, the process aborts just before the
//! `N`-th step of that kind, counted from 1 over all threads; the kinds are `write`, `sync`, `rename` and `commit`. If
//! it is `list`, every step is printed on standard error as it is passed (`exit point commit:3`), so that a test can
//! count them. Otherwise a step costs one comparison.

use std::io::Write as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A kind of step that changes what is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Bytes go into a file.
    Write,
    /// A file's bytes are forced onto the disk.
    Sync,
    /// A file gets its final name.
    Rename,
    /// A Delta table gets a new version.
    Commit,
}

const STEPS: [(Step, &str); 4] =
    [(Step::Write, "write"), (Step::Sync, "sync"), (Step::Rename, "rename"), (Step::Commit, "commit")];

#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Run,
    List,
    ExitAt(Step, u64),
}

static PLAN: LazyLock<Plan> =
    LazyLock::new(|| std::env::var("ALDB_TEST_EXIT_AT").map_or(Plan::Run, |text| Plan::parse(&text)));

static PASSED: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

impl Plan {
    fn parse(text: &str) -> Self {
        let parts = text.split_once(':').and_then(|(kind, number)| {
            let step = STEPS.iter().find(|(_, name)| *name == kind)?.0;
            Some(Self::ExitAt(step, number.parse().ok()?))
        });
        parts.unwrap_or(if text == "list" { Self::List } else { Self::Run })
    }
}

/// Ends the process if a test requests it; called just before the step.
pub(crate) fn before(step: Step) {
    if *PLAN == Plan::Run {
        return;
    }
    let number = PASSED[step as usize].fetch_add(1, Ordering::Relaxed) + 1;
    match *PLAN {
        Plan::List => drop(writeln!(std::io::stderr(), "exit point {}:{number}", STEPS[step as usize].1)),
        Plan::ExitAt(at, n) if (at, n) == (step, number) => std::process::abort(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_names_a_kind_and_a_number() {
        for (place, (step, name)) in STEPS.into_iter().enumerate() {
            assert_eq!(step as usize, place);
            assert_eq!(Plan::parse(&format!("{name}:12")), Plan::ExitAt(step, 12));
        }
        assert_eq!(Plan::parse("list"), Plan::List);
        assert_eq!(Plan::parse("commit:first"), Plan::Run);
    }
}
