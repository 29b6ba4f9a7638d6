//! The command line of aldb: results on standard output, everything else on standard error.
//!
//! Exit status: 0 done, 1 something requested failed (a file, a fit, a query), 2 wrong usage. Each command is
//! one file in `command/`; the work is done by the other crates.

mod command;
mod files;
mod lake_option;
mod outcome;
mod reactor;
mod recipes;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use lake_option::LakeOption;
use outcome::{Error, Outcome};

/// The data platform of an atomic layer deposition laboratory.
///
/// aldb reads instrument files into tables, links measurements to the recipe that made the film, keeps derived
/// properties up to date, and answers queries in SQL.
#[derive(Debug, Parser)]
#[command(name = "aldb", version, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    lake: LakeOption,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything on a synthetic campaign: files, tables, fits, figures.
    Demo(command::demo::Demo),
    /// Create a lake in a folder.
    Init(command::init::Init),
    /// Read new and changed files into the lake.
    Ingest(command::ingest::Ingest),
    /// Ingest every source on its schedule, and keep derived tables up to date.
    Watch(command::watch::Watch),
    /// Check, propose and try the rules of sources, without storing anything.
    Sources(command::sources::Sources),
    /// Give a single file its sample, electrode or temperature.
    Link(command::link::LinkCommand),
    /// Show what aldb reads in files, without storing anything.
    Inspect(command::inspect::Inspect),
    /// List the formats that aldb reads, or show how the format of a file is recognised.
    Formats(command::formats::Formats),
    /// Fit a model to one file.
    Fit(command::fit::Fit),
    /// Bring derived tables up to date.
    Derive(command::derive::Derive),
    /// Find rows that contradict themselves or each other.
    Check(command::check::Check),
    /// Show the origin of a row, down to the bytes of files.
    Lineage(command::lineage::LineageCommand),
    /// Verify archive, tables and derived rows.
    Verify(command::verify::Verify),
    /// Merge small files, delete what no state of the lake needs, and check the archive.
    Maintain(command::maintain::Maintain),
    /// Copy the lake into a folder, also while it is written.
    Backup(command::backup::Backup),
    /// List the SQL functions that fit and compute.
    Functions(command::functions::Functions),
    /// Query the lake in SQL.
    Sql(command::sql::Sql),
    /// Write, check, compare, estimate and export deposition recipes.
    Recipe(command::recipe::RecipeCommand),
    /// Load a recipe into the controller of a reactor, run it and follow it.
    Reactor(command::reactor::ReactorCommand),
    /// List files that could not be read and measurements that are not linked.
    Status(command::status::Status),
    /// Follow the growth of a film.
    Growth(command::growth::GrowthCommand),
    /// Draw data of the lake.
    Figure(command::figure::FigureCommand),
    /// Print completions for a shell.
    Completions(command::manual::Completions),
    /// Print the manual page.
    Man(command::manual::Man),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::error(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(error) => {
            terminal::error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<Outcome, Error> {
    let lake = &arguments.lake;
    match arguments.command {
        Command::Demo(demo) => demo.run().await,
        Command::Init(init) => init.run(lake),
        Command::Ingest(ingest) => ingest.run(lake).await,
        Command::Watch(watch) => watch.run(lake).await,
        Command::Sources(sources) => sources.run(lake).await,
        Command::Link(link) => link.run(lake).await,
        Command::Inspect(inspect) => inspect.run(lake),
        Command::Formats(formats) => formats.run(lake),
        Command::Fit(fit) => fit.run(lake).await,
        Command::Derive(derive) => derive.run(lake).await,
        Command::Check(check) => check.run(lake).await,
        Command::Lineage(lineage) => lineage.run(lake).await,
        Command::Verify(verify) => verify.run(lake).await,
        Command::Maintain(maintain) => maintain.run(lake).await,
        Command::Backup(backup) => backup.run(lake).await,
        Command::Functions(functions) => functions.run(),
        Command::Sql(sql) => sql.run(lake).await,
        Command::Recipe(recipe) => recipe.run(lake).await,
        Command::Reactor(reactor) => reactor.run(lake).await,
        Command::Status(status) => status.run(lake).await,
        Command::Growth(growth) => growth.run(lake).await,
        Command::Figure(figure) => figure.run(lake).await,
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
