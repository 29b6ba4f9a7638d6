//! `aldb figure NAME`: draws data of the lake.

use std::path::{Path, PathBuf};

use aldb_figure::{Figure, FigureOptions, NyquistOptions};
use aldb_lake::{AsOf, Lake};
use aldb_query::Session;
use aldb_query::derive::out_of_date_among;
use arrow::array::{AsArray as _, RecordBatch};
use clap::{Args, ValueEnum};

use super::warn_of_stale;
use crate::files::write_whole;
use crate::lake_option::{LakeOption, as_of};
use crate::outcome::{Error, Outcome};
use crate::terminal;

/// Width of a PNG in pixels: 85 mm at 600 dots per inch.
const PNG_WIDTH: u32 = 2008;

/// Draw data of the lake as SVG or PNG.
#[derive(Debug, Args)]
pub(crate) struct FigureCommand {
    /// The figure
    #[arg(value_enum)]
    name: FigureName,
    /// File to write; the extension, .svg or .png, decides the format
    #[arg(short = 'o', long, value_name = "FILE")]
    output: PathBuf,
    /// Only this sample
    #[arg(long, value_name = "SAMPLE")]
    sample: Option<String>,
    /// Only this electrode [default for nyquist: the first]
    #[arg(long, value_name = "DOT")]
    dot: Option<String>,
    /// Title above the figure
    #[arg(long)]
    title: Option<String>,
    /// Draw an earlier state of the lake: the number of a snapshot or a time in UTC
    #[arg(long, value_name = "SNAPSHOT|TIME", value_parser = as_of)]
    as_of: Option<AsOf>,
}

/// The figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FigureName {
    /// Impedance spectra of one electrode, with their fits
    Nyquist,
    /// Conductivity against temperature, with the fitted lines
    Arrhenius,
    /// Conductivities of published films and of the lake's
    ConductivityChart,
}

impl FigureCommand {
    pub(crate) async fn run(self, lake: &LakeOption) -> Result<Outcome, Error> {
        let lake = lake.open()?;
        let snapshot = lake.snapshot_as_of(&self.as_of.clone().unwrap_or(AsOf::Newest)).await?;
        if let Some(note) = snapshot.note() {
            terminal::message(&format_args!("note: {note}"));
        }
        let session = Session::without_excluded(&lake, snapshot.clone())?;
        let choice = Choice { sample: self.sample, dot: self.dot, title: self.title };
        let figure = draw(&session, self.name, &choice).await?;
        if self.as_of.is_none() {
            warn_of_stale(&out_of_date_among(&lake, &snapshot, &session.tables_read())?);
        }
        save(&figure, &self.output)?;
        terminal::message(&figure.caption());
        terminal::message(&format_args!("wrote {}", self.output.display()));
        Ok(Outcome::Done)
    }
}

/// What a figure shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    pub(crate) sample: Option<String>,
    pub(crate) dot: Option<String>,
    pub(crate) title: Option<String>,
}

/// Draws a figure from the views of the same name.
pub(crate) async fn draw(session: &Session, name: FigureName, choice: &Choice) -> Result<Figure, Error> {
    let synthetic = rows(session, "SELECT 1 FROM samples WHERE synthetic LIMIT 1").await?;
    let notice = synthetic.iter().any(|batch| batch.num_rows() > 0).then(|| "synthetic data".to_owned());
    let options = FigureOptions { title: choice.title.clone(), notice, ..FigureOptions::default() };
    let of_sample = choice.sample.as_ref().map(|sample| format!("sample_id = {}", quoted(sample)));
    Ok(match name {
        FigureName::Nyquist => {
            let dot = match &choice.dot {
                Some(dot) => dot.clone(),
                None => first(session, &where_all("SELECT min(dot) FROM nyquist", &of_sample)).await?,
            };
            let sample = match &choice.sample {
                Some(sample) => sample.clone(),
                None => {
                    first(session, &format!("SELECT min(sample_id) FROM nyquist WHERE dot = {}", quoted(&dot))).await?
                }
            };
            let query = format!(
                "SELECT * FROM nyquist WHERE sample_id = {sample} AND dot = {dot} AND repeat_of_temperature = 1 \
                 ORDER BY temperature_c, frequency_hz DESC",
                sample = quoted(&sample),
                dot = quoted(&dot)
            );
            let options = NyquistOptions { figure: options, ..NyquistOptions::default() };
            aldb_figure::nyquist(&rows(session, &query).await?, &options)?
        }
        FigureName::Arrhenius => {
            let points = where_all("SELECT * FROM arrhenius_points", &of_sample)
                + " ORDER BY series, temperature_c, measurement_id";
            let lines = where_all("SELECT * FROM arrhenius_lines", &of_sample) + " ORDER BY series";
            aldb_figure::arrhenius(&rows(session, &points).await?, &rows(session, &lines).await?, &options)?
        }
        FigureName::ConductivityChart => {
            let query = "SELECT * FROM conductivity_chart ORDER BY sigma_s_per_cm DESC, label";
            // The published values in the chart are not synthetic.
            let notice = options.notice.as_ref().map(|_| "own films are synthetic data".to_owned());
            aldb_figure::conductivity_chart(&rows(session, query).await?, &FigureOptions { notice, ..options })?
        }
    })
}

fn where_all(select: &str, condition: &Option<String>) -> String {
    condition.as_ref().map_or_else(|| select.to_owned(), |condition| format!("{select} WHERE {condition}"))
}

/// A text as SQL writes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

async fn rows(session: &Session, query: &str) -> Result<Vec<RecordBatch>, Error> {
    let frame = session.query(query).await?;
    Ok(frame.collect().await.map_err(aldb_query::QueryError::from)?)
}

async fn first(session: &Session, query: &str) -> Result<String, Error> {
    let batches = rows(session, query).await?;
    let text =
        batches.iter().find_map(|batch| batch.column(0).as_string_opt::<i32>()?.iter().next()?.map(str::to_owned));
    text.ok_or_else(|| "no spectrum is linked to a sample and an electrode: see `aldb status`".into())
}

/// Writes a figure in the format given by the extension of the file.
pub(crate) fn save(figure: &Figure, path: &Path) -> Result<(), Error> {
    let bytes = match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => figure.to_svg().into_bytes(),
        Some("png") => figure.to_png(PNG_WIDTH)?,
        _ => return Err(format!("expected a file with the extension .svg or .png, found `{}`", path.display()).into()),
    };
    write_whole(path, &bytes)
}

/// Draws a figure of the newest state of a lake as SVG and as PNG.
pub(crate) async fn draw_both(
    lake: &Lake,
    name: FigureName,
    choice: &Choice,
    stem: &Path,
) -> Result<Vec<PathBuf>, Error> {
    let session = Session::without_excluded(lake, lake.snapshot().await?)?;
    let figure = draw(&session, name, choice).await?;
    let mut paths = Vec::new();
    for ending in ["svg", "png"] {
        let path = stem.with_extension(ending);
        save(&figure, &path)?;
        paths.push(path);
    }
    Ok(paths)
}
