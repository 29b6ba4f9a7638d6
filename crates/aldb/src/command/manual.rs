//! `aldb completions SHELL` and `aldb man`.

use std::io::Write as _;

use clap::{Args, CommandFactory as _};

use crate::outcome::{Error, Outcome};
use crate::{Arguments, terminal};

/// Print completions for a shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<Outcome, Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "aldb", &mut script);
        terminal::output().write_all(&script)?;
        Ok(Outcome::Done)
    }
}

/// Print the manual page.
#[derive(Debug, Args)]
pub(crate) struct Man {}

impl Man {
    pub(crate) fn run(self) -> Result<Outcome, Error> {
        let mut out = terminal::output();
        let command = Arguments::command();
        clap_mangen::Man::new(command.clone()).render(&mut out)?;
        // The pages of the commands follow, so that one page is complete.
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let name: &'static str = Box::leak(format!("aldb-{}", sub.get_name()).into_boxed_str());
            clap_mangen::Man::new(sub.clone().name(name)).render(&mut out)?;
        }
        out.flush()?;
        Ok(Outcome::Done)
    }
}
