//! Photoelectron spectra after a mild sputtering: a survey and the regions of the elements.
//!
//! Areas are content times sensitivity factor; the content is that of the recoils, without hydrogen and nitrogen and with
//! the carbon that is left on the surface. The whole scale is shifted by charging, carbon with it. In a film with phosphorus
//! P 2s lies in the region of B 1s, as in nature.

use super::{FIRST_MINUTES, MINUTES_PER_DAY, Noise, Output, steps};
use crate::characterisation::Characterisation;
use crate::deposited::{Deposited, Kind};
use crate::model::gl::{self, Line};
use crate::truth::Origin;
use crate::vamas::{Region, vms};

/// Al Kα (eV).
pub(crate) const PHOTON_ENERGY_EV: f64 = 1486.6;
/// Carbon that is left, section 3.1.2 (at.%).
const CARBON_PERCENT: f64 = 10.0;
/// Area (counts·eV) a second for 1 at.% of an element with sensitivity factor 1.
const SENSITIVITY: f64 = 75.0;
/// Background (counts/s), and how much of the area passed it rises by (1/eV).
const BACKGROUND_PER_S: f64 = 300.0;
const SHIRLEY_PER_EV: f64 = 0.01;
/// Nominal width of all lines of a region (eV); the paper asks for less than 2.0 eV for O 1s.
const WIDTH_EV: f64 = 1.6;
/// Oxygen that bridges two atoms and oxygen that doesn't (eV), section 3.1.2; adventitious carbon, section 2.
const BRIDGING_EV: f64 = 531.7;
const NON_BRIDGING_EV: f64 = 530.4;
const CARBON_EV: f64 = 284.6;
const LITHIUM_EV: f64 = 55.2;
const TECHNIQUE: &str = "photoelectron_spectroscopy";

/// Sensitivity factors for Al Kα, C 1s = 1: those known as Scofield's, from the table `rsf.db` of the program gxps.
mod factor {
    pub(super) const LI_1S: f64 = 0.0568;
    pub(super) const B_1S: f64 = 0.486;
    pub(super) const C_1S: f64 = 1.0;
    pub(super) const O_1S: f64 = 2.93;
    pub(super) const P_2S: f64 = 1.18;
    pub(super) const P_2P_1_2: f64 = 0.403;
    pub(super) const P_2P_3_2: f64 = 0.789;
}

/// A region: species, level, binding energies (eV) and scans. It is measured where its element is expected.
const REGIONS: [(&str, &str, (f64, f64), u32); 5] = [
    ("O", "1s", (525.0, 537.0), 60),
    ("C", "1s", (280.0, 292.0), 20),
    ("B", "1s", (186.0, 198.0), 40),
    ("P", "2p", (128.0, 140.0), 40),
    ("Li", "1s", (50.0, 62.0), 60),
];
/// Step of regions and survey (eV), seconds a point and scan; section 2 prints the steps.
const STEP_EV: f64 = 0.1;
const SURVEY_STEP_EV: f64 = 0.5;
const DWELL_S: f64 = 0.1;
const SURVEY_SCANS: u32 = 5;

/// A film as photoelectrons see it: content (at.%), ratio of the oxygens, position of B 1s (eV), charging (eV).
struct Surface {
    content_percent: Vec<(&'static str, f64)>,
    nbo_bo: f64,
    boron_ev: f64,
    shift_ev: f64,
}

impl Surface {
    fn of(sample: &Deposited, nbo_bo: f64) -> Self {
        let seen = ["Li", "B", "P", "O"];
        let film: Vec<(&str, f64)> =
            sample.material.content_percent.0.iter().copied().filter(|(element, _)| seen.contains(element)).collect();
        let all: f64 = film.iter().map(|(_, percent)| percent).sum();
        let mut content_percent: Vec<(&'static str, f64)> =
            film.into_iter().map(|(element, percent)| (element, percent / all * (100.0 - CARBON_PERCENT))).collect();
        content_percent.push(("C", CARBON_PERCENT));
        // The two positions that section 3.1.2 prints: less energy where there is more non-bridging oxygen.
        let (boron_ev, shift_ev) = if nbo_bo < 1.0 { (191.5, 0.35) } else { (191.2, 0.55) };
        Self { content_percent, nbo_bo, boron_ev, shift_ev }
    }

    fn percent(&self, element: &str) -> f64 {
        self.content_percent.iter().find(|(name, _)| *name == element).map_or(0.0, |found| found.1)
    }

    /// All lines, for a second of counting.
    fn lines(&self, width_ev: f64) -> Vec<Line> {
        let non_bridging = self.nbo_bo / (1.0 + self.nbo_bo);
        [
            ("O", NON_BRIDGING_EV, factor::O_1S * non_bridging),
            ("O", BRIDGING_EV, factor::O_1S * (1.0 - non_bridging)),
            ("C", CARBON_EV, factor::C_1S),
            ("B", self.boron_ev, factor::B_1S),
            // Phosphate: not printed by the paper, usual values.
            ("P", 191.0, factor::P_2S),
            ("P", 133.4, factor::P_2P_3_2),
            ("P", 134.27, factor::P_2P_1_2),
            ("Li", LITHIUM_EV, factor::LI_1S),
        ]
        .into_iter()
        .map(|(element, position_ev, factor)| Line {
            position_ev: position_ev + self.shift_ev,
            width_ev,
            area: SENSITIVITY * factor * self.percent(element),
        })
        .filter(|line| line.area > 0.0)
        .collect()
    }

    /// Counts at binding energies (eV, rising) after that many seconds a point.
    fn counts(&self, energies_ev: &[f64], width_ev: f64, seconds: f64, noise: &mut Noise) -> Vec<f64> {
        let (Some(first), Some(last)) = (energies_ev.first(), energies_ev.last()) else { return Vec::new() };
        let lines: Vec<Line> = self
            .lines(width_ev)
            .into_iter()
            .filter(|line| (*first..=*last).contains(&line.position_ev))
            .map(|line| Line { area: line.area * seconds, ..line })
            .collect();
        let expected = gl::region(energies_ev, &lines, BACKGROUND_PER_S * seconds, SHIRLEY_PER_EV);
        expected.into_iter().map(|counts| noise.counts(counts)).collect()
    }

    fn region(
        &self,
        (species, level): (&'static str, &'static str),
        (from_ev, to_ev): (f64, f64),
        (step_ev, scans): (f64, u32),
        noise: &mut Noise,
    ) -> Region {
        let is_survey = level.is_empty();
        let count = ((to_ev - from_ev) / step_ev).round() as usize + 1;
        let width_ev = if is_survey { 2.0 * WIDTH_EV } else { WIDTH_EV };
        let mut counts = self.counts(&steps(from_ev, step_ev, count), width_ev, DWELL_S * f64::from(scans), noise);
        counts.reverse();
        let pass_energy_ev = if is_survey { 200.0 } else { 50.0 };
        let start_ev = PHOTON_ENERGY_EV - to_ev;
        Region { species, level, start_ev, step_ev, pass_energy_ev, dwell_s: DWELL_S, scans, counts }
    }
}

/// Writes the films of 15 nm.
pub(crate) fn write(laboratory: &Characterisation, deposited: &[Deposited], output: &mut Output) {
    let samples = deposited.iter().filter(|sample| sample.kind == Kind::Thin);
    for (index, sample) in samples.enumerate() {
        let Some((nbo_bo, origin)) = sample.material.nbo_bo else { continue };
        let id = sample.sample_id.as_str();
        let surface = Surface::of(sample, nbo_bo);
        let mut noise = Noise::new(laboratory.seed, &format!("{id}/photoelectrons"), laboratory.noise);
        let mut regions =
            vec![surface.region(("Survey", ""), (0.0, 800.0), (SURVEY_STEP_EV, SURVEY_SCANS), &mut noise)];
        for (species, level, range_ev, scans) in REGIONS {
            if surface.percent(species) > 0.0 {
                regions.push(surface.region((species, level), range_ev, (STEP_EV, scans), &mut noise));
            }
        }
        let minutes = FIRST_MINUTES + MINUTES_PER_DAY * index as i64 + 60;
        output.file(&format!("xps/{id}.vms"), vms(id, PHOTON_ENERGY_EV, minutes, &regions));

        let of = (id, TECHNIQUE);
        output.truth(of, "o1s_nbo_bo_ratio", Some(nbo_bo), origin);
        output.truth(of, "o1s_bo_position_ev", Some(BRIDGING_EV), Origin::Paper("3.1.2"));
        output.truth(of, "o1s_nbo_position_ev", Some(NON_BRIDGING_EV), Origin::Paper("3.1.2"));
        output.truth(of, "b1s_position_ev", Some(surface.boron_ev), Origin::Chosen("one of the two printed in 3.1.2"));
        output.truth(of, "gl30_nominal_width_ev", Some(WIDTH_EV), Origin::Chosen("below the 2.0 eV of section 2"));
        output.truth(of, "charging_shift_ev", Some(surface.shift_ev), Origin::Chosen("not printed"));
        let derived = Origin::Derived("the recoils' content without H, N and Si, with 10 at.% of carbon");
        for (element, percent) in &surface.content_percent {
            output.truth(of, &format!("{element}_percent"), Some(*percent), derived);
        }
    }
}

/// Regions for a file of about this many points, alternately O 1s and C 1s.
pub(crate) fn many_regions(points: usize, noise: &mut Noise) -> Vec<Region> {
    let surface =
        Surface { content_percent: vec![("O", 60.0), ("C", 40.0)], nbo_bo: 0.9, boron_ev: 191.5, shift_ev: 0.35 };
    let [oxygen, carbon, ..] = REGIONS;
    [oxygen, carbon]
        .into_iter()
        .cycle()
        .take(points.div_ceil(121).max(1))
        .map(|(species, level, range_ev, scans)| surface.region((species, level), range_ev, (STEP_EV, scans), noise))
        .collect()
}
