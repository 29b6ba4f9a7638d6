//! A measurement campaign: films, dots, temperatures, repeats, and the files that come out of it.

use crate::characterisation::Characterisation;
use crate::file::LabFile;
use crate::film::{Cell, FilmTruth, Instrument, impedance};
use crate::random::Random;
use crate::spectrum::{Dot, Sweep, SyntheticSpectrum};
use crate::{eclab, gamry, notebook};

/// Minutes between the starts of two spectra.
const MINUTES_PER_SPECTRUM: i64 = 5;
/// Minutes until the stage has settled at a temperature.
const MINUTES_OF_HEATING: i64 = 30;
const MINUTES_PER_DAY: i64 = 1440;

/// A measurement campaign.
///
/// The default is the impedance part of Verhelle et al., Chem. Mater. 37, 687 (2025): lithium borate deposited at
/// 125 °C and at 250 °C, 80 nm, measured at 30, 40, 50 and 60 °C, with the conductivities and activation energies
/// that the paper prints. The paper does not print dot areas, frequencies, noise or the number of repeats, and used
/// a Metrohm Autolab: those are choices made here.
///
/// # Example
///
/// ```
/// let campaign = aldb_lab::Campaign::default();
/// let files = campaign.files();
/// assert_eq!(files.len(), 36 + 12);
/// assert_eq!(files[0].path, "instruments/gamry/synthetic-LBO-125/synthetic-LBO-125_dot1_30C_r1.DTA");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// The films.
    pub films: Vec<FilmTruth>,
    /// Diameters of the dots on every film (µm).
    pub dot_diameters_um: Vec<f64>,
    /// Temperatures (°C), in the order of measurement.
    pub temperatures_c: Vec<f64>,
    /// Spectra per dot and temperature.
    pub repeats: u32,
    /// Frequencies.
    pub sweep: Sweep,
    /// What the measurement adds to the films.
    pub cell: Cell,
    /// Standard deviation of the Gaussian noise on the real and on the imaginary part, each relative to |Z| at that
    /// frequency (1).
    pub noise_rel: f64,
    /// Standard deviation of ln σ between the dots of a film (1): places where the film is thinner, edges of the
    /// shadow mask. It shifts all spectra of a dot by one factor, so it widens the error of σ but hardly that of Eₐ.
    pub dot_scatter_rel: f64,
    /// Seed of noise and scatter.
    pub seed: u64,
}

impl Default for Campaign {
    /// 1 % noise and 2 % scatter between dots: σ(25 °C) and Eₐ come back within the uncertainties of an evaluation
    /// that includes that of the thickness. Three dots only average the scatter down to 1.2 %, so a line's own
    /// uncertainty, which counts every spectrum as independent, is too small for σ.
    fn default() -> Self {
        let film = |deposition_temperature_c: f64, sigma_25c_s_per_cm, ea_ev, instrument| FilmTruth {
            sample_id: format!("synthetic-LBO-{deposition_temperature_c}"),
            deposition_temperature_c,
            thickness_nm: 80.0,
            thickness_err_nm: 1.0,
            sigma_25c_s_per_cm,
            ea_ev,
            instrument,
        };
        Self {
            films: vec![
                film(125.0, 3.92e-8, 0.43, Instrument::Gamry),
                film(250.0, 1.17e-7, 0.58, Instrument::BioLogic),
            ],
            dot_diameters_um: vec![100.0, 200.0, 400.0],
            temperatures_c: vec![30.0, 40.0, 50.0, 60.0],
            repeats: 3,
            sweep: Sweep { start_hz: 1e6, end_hz: 1.0, points_per_decade: 10 },
            cell: Cell::default(),
            noise_rel: 0.01,
            dot_scatter_rel: 0.02,
            seed: 2025,
        }
    }
}

impl Campaign {
    /// This campaign without noise and without scatter between dots.
    #[must_use]
    pub fn noise_free(self) -> Self {
        Self { noise_rel: 0.0, dot_scatter_rel: 0.0, ..self }
    }

    /// What a perfect evaluation would find.
    #[must_use]
    pub fn truth(&self) -> &[FilmTruth] {
        &self.films
    }

    /// The electrodes of a film. Their labels depend on the instrument: `1`, `2`, … or `A`, `B`, ….
    #[must_use]
    pub fn dots(&self, instrument: Instrument) -> Vec<Dot> {
        let label = |index: usize| match instrument {
            Instrument::Gamry => (index + 1).to_string(),
            Instrument::BioLogic => {
                let letter = char::from(b'A' + (index % 26) as u8);
                if index < 26 { letter.to_string() } else { format!("{letter}{}", index / 26) }
            }
        };
        self.dot_diameters_um
            .iter()
            .enumerate()
            .map(|(index, &diameter_um)| Dot { label: label(index), diameter_um })
            .collect()
    }

    /// The spectra of one of the films: by temperature, then dot, then repeat, as they were measured.
    ///
    /// # Panics
    ///
    /// When there is no film with this index.
    #[must_use]
    pub fn spectra(&self, film_index: usize) -> Vec<SyntheticSpectrum> {
        let film = &self.films[film_index];
        let frequencies_hz = self.sweep.frequencies_hz();
        let mut start_minutes = MINUTES_PER_DAY * film_index as i64;
        let mut spectra = Vec::new();
        for &temperature_c in &self.temperatures_c {
            start_minutes += MINUTES_OF_HEATING;
            for dot in self.dots(film.instrument) {
                let scatter = Random::named(self.seed, &format!("{}/{}", film.sample_id, dot.label)).normal_pair().0;
                let sigma_s_per_cm = film.sigma_s_per_cm(temperature_c) * (self.dot_scatter_rel * scatter).exp();
                let parameters = self.cell.parameters(sigma_s_per_cm, film.thickness_nm, dot.area_cm2());
                let clean = impedance(&parameters, &frequencies_hz);
                for repeat in 1..=self.repeats {
                    let name = format!("{}/{}/{temperature_c}/{repeat}", film.sample_id, dot.label);
                    let mut random = Random::named(self.seed, &name);
                    let points = frequencies_hz.iter().zip(&clean).map(|(&frequency_hz, &(re, im))| {
                        let noise = self.noise_rel * re.hypot(im);
                        let (on_re, on_im) = random.normal_pair();
                        (frequency_hz, re + noise * on_re, im + noise * on_im)
                    });
                    let points = points.collect();
                    spectra.push(SyntheticSpectrum { dot: dot.clone(), temperature_c, repeat, start_minutes, points });
                    start_minutes += MINUTES_PER_SPECTRUM;
                }
            }
        }
        spectra
    }

    /// The files on the instrument PCs, below `instruments/`.
    ///
    /// The temperature of the stage and the dot are only in the file name, and the area of the electrode is nowhere: the instruments
    /// write their placeholder for an area that was not entered. [`Campaign::lake_files`] contains it.
    #[must_use]
    pub fn files(&self) -> Vec<LabFile> {
        let mut files = Vec::new();
        for (index, film) in self.films.iter().enumerate() {
            let spectra = self.spectra(index);
            let sample = &film.sample_id;
            match film.instrument {
                Instrument::Gamry => files.extend(spectra.iter().map(|spectrum| {
                    let SyntheticSpectrum { dot, temperature_c, repeat, .. } = spectrum;
                    LabFile {
                        path: format!(
                            "instruments/gamry/{sample}/{sample}_dot{}_{temperature_c}C_r{repeat}.DTA",
                            dot.label
                        ),
                        bytes: gamry::dta(sample, spectrum, &self.sweep),
                    }
                })),
                Instrument::BioLogic => {
                    let last_dot = self.dots(film.instrument).pop();
                    #[expect(clippy::float_cmp, reason = "repeats of a spectrum copy its temperature")]
                    let group = |a: &SyntheticSpectrum, b: &SyntheticSpectrum| {
                        a.dot == b.dot && a.temperature_c == b.temperature_c
                    };
                    files.extend(spectra.chunk_by(group).map(|repeats| {
                        let dot = &repeats[0].dot;
                        let decimal = match last_dot.as_ref() == Some(dot) {
                            true => eclab::Decimal::Comma,
                            false => eclab::Decimal::Point,
                        };
                        let name = format!("{sample}_dot{}_{}C", dot.label, repeats[0].temperature_c);
                        LabFile {
                            path: format!("instruments/biologic/{name}.mpt"),
                            bytes: eclab::mpt(&name, repeats, &self.sweep, decimal),
                        }
                    }));
                }
            }
        }
        files
    }

    /// The files that people write by hand: `samples/samples.toml` and one recipe a film in `recipes/`.
    #[must_use]
    pub fn lake_files(&self) -> Vec<LabFile> {
        let mut files =
            vec![LabFile { path: "samples/samples.toml".to_owned(), bytes: self.samples_toml().into_bytes() }];
        files.extend(
            self.recipes_toml()
                .into_iter()
                .map(|(name, recipe)| LabFile { path: format!("recipes/{name}.toml"), bytes: recipe.into_bytes() }),
        );
        files
    }

    /// The other measurements of the same laboratory, with this campaign's seed, and without noise where this has none.
    #[must_use]
    pub fn characterisation(&self) -> Characterisation {
        let noise = if self.noise_rel > 0.0 { 1.0 } else { 0.0 };
        Characterisation { seed: self.seed, noise }
    }

    /// The samples as TOML: `[[sample]]` with `sample_id`, `recipe` (the recipe's name), `thickness_nm`,
    /// `thickness_err_nm`, `substrate`, `synthetic = true`, `note`, and `electrodes` with `dot`, `diameter_um` and
    /// `area_cm2`.
    #[must_use]
    pub fn samples_toml(&self) -> String {
        notebook::samples(&self.films, |instrument| self.dots(instrument))
    }

    /// The recipes by name, as TOML. Films with the same deposition temperature and thickness share one.
    #[must_use]
    pub fn recipes_toml(&self) -> Vec<(String, String)> {
        let mut recipes: Vec<(String, String)> = Vec::new();
        for film in &self.films {
            let recipe = (notebook::recipe_name(film), notebook::recipe(film));
            if !recipes.contains(&recipe) {
                recipes.push(recipe);
            }
        }
        recipes
    }
}
