//! `aldb recipe`: writes, checks, shows, compares, unrolls, estimates, suggests and exports recipes.

mod approve;
mod check;
mod estimate;
mod export;
mod show;
mod suggestion;
mod unroll;

use std::path::PathBuf;

use aldb_fit::supercycle;
use aldb_query::suggest;
use aldb_recipe::export::Target;
use clap::{Args, Subcommand};

use super::{ReportFormat, RowFormat};
use crate::lake_option::LakeOption;
use crate::outcome::{Error, Outcome};
use crate::recipes::{self, OnReactor};

/// Write, check, compare, estimate and export deposition recipes.
#[derive(Debug, Args)]
#[command(after_help = "RECIPE is a file, a name or id in the lake's recipes/, or an example such as lbo_250.\n\
                        REACTOR is a file, a name in the lake's reactors/, or a shipped reactor such as high_vacuum.")]
pub(crate) struct RecipeCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a new recipe to start from
    New {
        /// Name of the recipe
        name: String,
        /// Recipe to copy [default: lbo_250]
        #[arg(long, value_name = "RECIPE")]
        from: Option<String>,
        /// File to write [default: named after the recipe, in the lake's recipes/ or the working directory]
        #[arg(short = 'o', long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// List the recipes of the lake and the examples
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Compare a recipe with every rule of a reactor
    Check {
        #[command(flatten)]
        on: OnReactor,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Sign a recipe; any change of it voids the signature
    Approve {
        /// File of the recipe, or its name in the lake's recipes/
        recipe: String,
        /// Name of the person who approves it
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Describe a recipe
    Show {
        /// The recipe
        recipe: String,
        /// Print the canonical form, from which the id is computed
        #[arg(long)]
        canonical: bool,
        /// Output format
        #[arg(long, value_enum, default_value_t, conflicts_with = "canonical")]
        format: ReportFormat,
    },
    /// List the differences between two recipes
    Diff {
        /// First recipe
        a: String,
        /// Second recipe
        b: String,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// List every step in the order of execution
    Unroll {
        #[command(flatten)]
        on: OnReactor,
        /// Output format
        #[arg(long, value_enum, default_value = "table")]
        format: RowFormat,
    },
    /// Estimate time, doses, exposure, thickness and composition
    Estimate {
        /// The recipe
        recipe: String,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Find the supercycle for a target composition from the measurements in the lake
    Suggest {
        /// The two kinds of cycles, by their names in recipes
        #[arg(long, value_name = "A+B", value_parser = two_kinds)]
        process: [String; 2],
        /// Target of the film: a ratio of contents, or a content in at.%
        #[arg(long, value_name = "B/P=0.5", value_parser = supercycle::Target::parse)]
        target: supercycle::Target,
        /// Target thickness
        #[arg(long, value_name = "10nm", value_parser = nanometres)]
        thickness: f64,
        /// Deposition temperature in °C [default: the most frequent one of recipes with both kinds]
        #[arg(long, value_name = "CELSIUS")]
        temperature_c: Option<f64>,
        /// Largest number of cycles in a supercycle
        #[arg(long, value_name = "N", default_value_t = 20)]
        most_cycles: u32,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: ReportFormat,
    },
    /// Check a recipe and write it for a controller
    Export {
        #[command(flatten)]
        on: OnReactor,
        /// Export format
        #[arg(long, value_name = "TARGET", value_parser = target)]
        to: Target,
        /// File to write to [default: standard output]
        #[arg(short = 'o', long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

fn target(name: &str) -> Result<Target, String> {
    Target::named(name).ok_or_else(|| {
        let names: Vec<_> = Target::all().iter().map(|target| target.name().to_owned()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn two_kinds(text: &str) -> Result<[String; 2], String> {
    match text.split('+').map(str::trim).collect::<Vec<_>>()[..] {
        [a, b] if !a.is_empty() && !b.is_empty() && a != b => Ok([a.to_owned(), b.to_owned()]),
        _ => Err(format!("expected two kinds of cycles, such as `LBO+LPO`, found `{text}`")),
    }
}

fn nanometres(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches("nm").trim().parse::<f64>().ok();
    number
        .filter(|nm| *nm > 0.0 && nm.is_finite())
        .ok_or_else(|| format!("expected a thickness, such as `10nm`, found `{text}`"))
}

impl RecipeCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        match self.action {
            Action::New { name, from, output } => export::new(&name, from.as_deref(), output, lake),
            Action::List { format } => show::list(lake, format),
            Action::Check { on, format } => check::check(&on, lake, format),
            Action::Approve { recipe, name } => approve::approve(&recipe, &name, lake),
            Action::Show { recipe, canonical, format } => {
                show::show(&recipes::recipe(&recipe, lake)?, canonical, format)
            }
            Action::Diff { a, b, format } => {
                show::diff(&recipes::recipe(&a, lake)?.recipe, &recipes::recipe(&b, lake)?.recipe, format)
            }
            Action::Unroll { on, format } => unroll::unroll(&on, lake, format),
            Action::Estimate { recipe, format } => {
                estimate::estimate(recipes::recipe(&recipe, lake)?.recipe, lake, format).await
            }
            Action::Suggest { process, target, thickness, temperature_c, most_cycles, format } => {
                let request = suggest::Request {
                    kinds: process,
                    target,
                    thickness_nm: thickness,
                    deposition_temperature_c: temperature_c,
                    most_cycles,
                };
                suggestion::suggest(&request, lake, format).await
            }
            Action::Export { on, to, output } => export::export(&on, to, output.as_deref(), lake),
        }
    }
}
