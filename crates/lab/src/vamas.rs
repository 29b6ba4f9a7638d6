//! Writes photoelectron spectra as VAMAS text (ISO 14976): `.vms`, experiment mode NORM, scan mode REGULAR.
//!
//! Format: one value a line, CRLF, in a fixed order: a header, then a block for every region, then `end of experiment`;
//! 1E+37 means unknown. Energies are kinetic: the first and the step. Ordinates are counts of all scans
//! together. Source: Dench, Hazell, Seah and the VAMAS community, Surf. Interface Anal. 13, 63 (1988), and files of
//! CasaXPS and SPECS Prodigy in public repositories.

use crate::file::REMARK;
use crate::opening::after_opening;

/// Placeholder of unknown values.
const UNKNOWN: &str = "1E+37";

/// A region as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Region {
    /// Element or `Survey`.
    pub(crate) species: &'static str,
    /// Level, such as `1s`; empty for a survey.
    pub(crate) level: &'static str,
    /// Kinetic energy of the first point (eV), and from point to point.
    pub(crate) start_ev: f64,
    pub(crate) step_ev: f64,
    pub(crate) pass_energy_ev: f64,
    /// Seconds a point and scan.
    pub(crate) dwell_s: f64,
    pub(crate) scans: u32,
    /// Counts of all scans.
    pub(crate) counts: Vec<f64>,
}

/// The file of a sample: all its regions, measured one after the other with a photon energy (eV).
pub(crate) fn vms(sample: &str, photon_energy_ev: f64, start_minutes: i64, regions: &[Region]) -> Vec<u8> {
    let number_of_regions = regions.len().to_string();
    let mut text = String::new();
    let mut put = |lines: &[&str]| {
        for line in lines {
            text += line;
            text += "\r\n";
        }
    };
    put(&["VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"]);
    put(&["synthetic laboratory", "Theta Probe", "Not Specified", sample, "1", REMARK, "NORM", "REGULAR"]);
    // Experimental variables, parameters included or left out, entries made by hand, further entries of two kinds.
    put(&[&number_of_regions, "0", "0", "0", "0", "0", &number_of_regions]);
    let mut started_s = start_minutes * 60;
    for region in regions {
        let name = format!("{} {}", region.species, region.level);
        let started = after_opening(started_s.div_euclid(60));
        put(&[name.trim_end(), sample]);
        // Year to second, then the hours from UTC.
        put(&started.strftime("%Y %-m %-d %-H %-M").to_string().split(' ').collect::<Vec<_>>());
        put(&[&started_s.rem_euclid(60).to_string(), "0"]);
        put(&["1", REMARK, "XPS", "Al"]);
        // Power (W), width of the spot (µm), angles of incidence; the paper's.
        put(&[&photon_energy_ev.to_string(), "70", "300", "300", "30", UNKNOWN]);
        // Mode, pass energy, magnification, work function, bias, analysed area, angles of the analyser.
        put(&["FAT", &region.pass_energy_ev.to_string(), UNKNOWN, UNKNOWN, "0"]);
        put(&[UNKNOWN, UNKNOWN, "50", UNKNOWN]);
        put(&[region.species, region.level, "-1", "kinetic energy", "eV"]);
        put(&[&format!("{:.3}", region.start_ev), &region.step_ev.to_string(), "1", "counts", "d"]);
        put(&["pulse counting", &region.dwell_s.to_string(), &region.scans.to_string(), "0"]);
        // Tilt of the sample, its azimuth, its rotation; no further parameters.
        put(&["0", UNKNOWN, "0", "0"]);
        let least = region.counts.iter().copied().fold(f64::INFINITY, f64::min);
        let most = region.counts.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        put(&[&region.counts.len().to_string(), &least.to_string(), &most.to_string()]);
        for counts in &region.counts {
            put(&[&counts.to_string()]);
        }
        started_s += (region.counts.len() as f64 * region.dwell_s * f64::from(region.scans)).round() as i64;
    }
    put(&["end of experiment"]);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(species: &'static str, level: &'static str, counts: &[f64]) -> Region {
        Region {
            species,
            level,
            start_ev: 950.6,
            step_ev: 0.1,
            pass_energy_ev: 50.0,
            dwell_s: 0.5,
            scans: 20,
            counts: counts.to_vec(),
        }
    }

    /// A reader that knows the standard's order of values and nothing else.
    #[test]
    fn blocks_contain_the_values_of_the_standard_in_its_order() {
        let regions = [region("O", "1s", &[3.0, 7.0, 5.0]), region("Survey", "", &[1.0, 2.0])];
        let text = String::from_utf8(vms("film", 1486.6, 0, &regions)).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        let mut lines = text.lines();
        let mut skip = |count: usize| lines.by_ref().take(count).last().unwrap().to_owned();
        skip(5);
        assert_eq!(skip(1), "1");
        assert!(skip(1).starts_with("synthetic: "));
        assert_eq!((skip(1), skip(1), skip(1)), ("NORM".to_owned(), "REGULAR".to_owned(), "2".to_owned()));
        assert_eq!(skip(6), "2");
        for (name, species, level, counts) in
            [("O 1s", "O", "1s", vec!["3", "7", "5"]), ("Survey", "Survey", "", vec!["1", "2"])]
        {
            assert_eq!((skip(1), skip(1), skip(1)), (name.to_owned(), "film".to_owned(), "2000".to_owned()));
            skip(6);
            assert_eq!(skip(1), "1");
            skip(1);
            assert_eq!((skip(1), skip(1), skip(1)), ("XPS".to_owned(), "Al".to_owned(), "1486.6".to_owned()));
            skip(5);
            assert_eq!((skip(1), skip(1)), ("FAT".to_owned(), "50".to_owned()));
            skip(7);
            assert_eq!((skip(1), skip(1), skip(1)), (species.to_owned(), level.to_owned(), "-1".to_owned()));
            assert_eq!((skip(1), skip(1)), ("kinetic energy".to_owned(), "eV".to_owned()));
            assert_eq!((skip(1), skip(1), skip(1)), ("950.600".to_owned(), "0.1".to_owned(), "1".to_owned()));
            assert_eq!((skip(1), skip(1), skip(1)), ("counts".to_owned(), "d".to_owned(), "pulse counting".to_owned()));
            assert_eq!((skip(1), skip(1)), ("0.5".to_owned(), "20".to_owned()));
            skip(4);
            assert_eq!(skip(1), "0");
            assert_eq!(skip(1), counts.len().to_string());
            skip(2);
            for count in counts {
                assert_eq!(skip(1), count);
            }
        }
        assert_eq!(lines.collect::<Vec<_>>(), ["end of experiment"]);
    }
}
