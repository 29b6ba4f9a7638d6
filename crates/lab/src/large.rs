//! Files of any size in each format, for benches and for tests of limits.
//!
//! They hold what the same film would give with finer steps or more cycles, so that their numbers have as many digits and
//! their bytes are as varied as those of the demonstration.

use crate::campaign::Campaign;
use crate::eclab::Decimal;
use crate::model::cauchy::Stack;
use crate::model::growth::Deposition;
use crate::model::profile::Profile;
use crate::paper::{CELL_AREA_CM2, COATINGS, materials};
use crate::spectrum::Sweep;
use crate::technique::{Noise, diffraction, ellipsometry, photoelectrons, potentiostat, recoils, steps};
use crate::{
    bruker_raw, completeease, eclab, eclab_cycling, erd_text, gamry, gamry_sweep, reactor_log, uxd, vamas, woollam,
    xrdml,
};

const SAMPLE: &str = "synthetic-large";

fn noise() -> Noise {
    Noise::new(1, SAMPLE, 1.0)
}

/// A Gamry impedance spectrum of about this many points, 10 at least.
#[must_use]
pub fn gamry_impedance(points: u32) -> Vec<u8> {
    let (campaign, sweep) = one_spectrum(points);
    campaign.spectra(0).first().map(|spectrum| gamry::dta(SAMPLE, spectrum, &sweep)).unwrap_or_default()
}

/// An EC-Lab impedance spectrum of about this many points, 10 at least.
#[must_use]
pub fn eclab_impedance(points: u32) -> Vec<u8> {
    let (campaign, sweep) = one_spectrum(points);
    let spectra = campaign.spectra(0);
    eclab::mpt(SAMPLE, spectra.get(..1).unwrap_or_default(), &sweep, Decimal::Point)
}

/// A campaign of one film, one dot, one temperature and one repeat.
fn one_spectrum(points: u32) -> (Campaign, Sweep) {
    let sweep = Sweep { start_hz: 1e6, end_hz: 1.0, points_per_decade: (points / 6).max(1) };
    let mut campaign = Campaign { repeats: 1, sweep: sweep.clone(), ..Campaign::default() };
    campaign.films.truncate(1);
    campaign.dot_diameters_um.truncate(1);
    campaign.temperatures_c.truncate(1);
    (campaign, sweep)
}

/// Thickness against time, CompleteEASE's export, of about this many points.
#[must_use]
pub fn completeease_series(points: u32) -> Vec<u8> {
    let run = deposition(points / 5);
    let times = steps(0.0, run.cycle_s() / 5.0, points as usize);
    let thickness = run.thickness_nm(&times);
    let mut noise = noise();
    let rows: Vec<_> =
        times.into_iter().zip(thickness).map(|(time_s, nm)| (time_s, 2.0, nm + noise.gaussian(0.02))).collect();
    completeease::series(SAMPLE, &rows)
}

/// A reactor's log of about this many events.
#[must_use]
pub fn reactor_events(events: u32) -> Vec<u8> {
    reactor_log::csv(SAMPLE, &deposition(events / 6).events())
}

fn deposition(cycles: u32) -> Deposition {
    let [borate, ..] = materials();
    let recipe = crate::recipe_sheet::text(&borate.example(), "synthetic", borate.temperature_c, 1);
    let mut supercycle = crate::recipe_sheet::doses(&recipe);
    borate.grow(&mut supercycle);
    Deposition { supercycle, cycles: cycles.max(1), delay_cycles: 60.0, first_dose_s: 60.0, start_nm: 1.5 }
}

/// Ψ and Δ of about this many wavelengths at three angles, three points at least.
#[must_use]
pub fn woollam_spectrum(points: u32) -> Vec<u8> {
    let wavelengths = (points / 3).max(1);
    let [borate, ..] = materials();
    let stack = Stack { film: borate.cauchy, thickness_nm: 60.0, oxide_nm: 1.5 };
    let step_nm = 750.0 / f64::from(wavelengths);
    woollam::dat(SAMPLE, &ellipsometry::rows(&stack, &steps(250.0, step_nm, wavelengths as usize), &mut noise()))
}

/// A depth profile of eight elements with this many depths.
#[must_use]
pub fn erd_profile(depths: u32) -> Vec<u8> {
    let [.., mixed, _, _, _] = materials();
    let profile = Profile {
        film_percent: mixed.content_percent.0.to_vec(),
        thickness_nm: 60.0,
        resolution_nm: 2.0,
        surface_carbon_percent: 30.0,
    };
    let elements: Vec<&str> = profile.at(0.0).into_iter().map(|(element, _)| element).collect();
    let places = steps(0.0, 100.0 / f64::from(depths.max(1)), depths as usize);
    let rows = recoils::rows(&profile, &places, 1.0, &mut noise());
    erd_text::table(SAMPLE, mixed.beam.words(), erd_text::Depth::Nanometre, &elements, &rows)
}

/// VAMAS text with about this many points, in regions of 121.
#[must_use]
pub fn vamas_regular(points: u32) -> Vec<u8> {
    let regions = photoelectrons::many_regions(points as usize, &mut noise());
    vamas::vms(SAMPLE, photoelectrons::PHOTON_ENERGY_EV, 0, &regions)
}

/// A pattern as UXD with this many points.
#[must_use]
pub fn uxd_pattern(points: u32) -> Vec<u8> {
    let (step_deg, counts) = pattern(points);
    uxd::uxd(SAMPLE, 0, &uxd::Scan { start_deg: 10.0, step_deg, time_s: 1.0, counts })
}

/// A pattern as Bruker's binary `RAW1.01` with this many points.
#[must_use]
pub fn bruker_raw_pattern(points: u32) -> Vec<u8> {
    let (step_deg, counts) = pattern(points);
    bruker_raw::raw(SAMPLE, 0, &[uxd::Scan { start_deg: 10.0, step_deg, time_s: 1.0, counts }])
}

/// A pattern as XRDML with this many points.
#[must_use]
pub fn xrdml_pattern(points: u32) -> Vec<u8> {
    let (_, counts) = pattern(points);
    let geometry = xrdml::Geometry::Coupled;
    xrdml::xrdml(SAMPLE, 0, &xrdml::Scan { geometry, start_deg: 10.0, end_deg: 65.0, time_s: 1.0, counts })
}

fn pattern(points: u32) -> (f64, Vec<f64>) {
    let step_deg = 55.0 / f64::from(points.max(1));
    let angles = steps(10.0, step_deg, points as usize);
    (step_deg, diffraction::counts(&diffraction::pattern(200.0), &angles, 1.0, &mut noise()))
}

/// A Gamry voltammogram of about this many points, in cycles of 201.
#[must_use]
pub fn gamry_voltammogram(points: u32) -> Vec<u8> {
    let mut noise = noise();
    let film = potentiostat::intercalation(&COATINGS[0]);
    let cycles = points.div_ceil(201).max(1);
    let curves: Vec<_> = (0..cycles).map(|_| potentiostat::cycle(&film, 0.01, &mut noise)).collect();
    let settings = gamry_sweep::Settings {
        method: gamry_sweep::Method::Cyclic,
        start_v: 3.5,
        end_v: 4.5,
        rate_v_per_s: 1e-3,
        step_v: 0.01,
        area_cm2: CELL_AREA_CM2,
    };
    gamry_sweep::dta(SAMPLE, 0, &settings, &curves)
}

/// EC-Lab cycling of about this many points, in half cycles of 100.
#[must_use]
pub fn eclab_cycling(points: u32) -> Vec<u8> {
    let film = potentiostat::rate_capability(&COATINGS[0]);
    let rates = vec![1.0; points.div_ceil(200).max(1) as usize];
    let halves = potentiostat::half_cycles(&film, &rates, 100, &mut noise());
    eclab_cycling::mpt(SAMPLE, 0, CELL_AREA_CM2, (3.5, 4.5), &halves)
}
