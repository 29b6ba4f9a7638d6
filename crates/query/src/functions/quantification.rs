//! `quantify_regions`: composition of a state of a surface from the areas of its regions.

use aldb_fit::photoelectrons::{
    AtomicPercent, CoreLine, IntensityUnit, MeasuredRegion, Quantification, QuantificationError, quantify,
};
use arrow::array::Array as _;

use super::arguments::{Arguments, at, text_at};
use super::field::fields;
use super::kernel::{Definition, Failure, Kernel, Outcome};
use crate::codes::RowReason;

struct State {
    target: Option<String>,
    names: Vec<String>,
    regions: Vec<MeasuredRegion>,
    has_pairs: bool,
    recipe: Option<String>,
}

impl State {
    fn of(arguments: &mut Arguments<'_>) -> Self {
        let target = arguments.constant_text("target", "The region whose element is asked for, by its `region_id`.");
        let id = arguments.text("region_id", "Key of each region of the state.");
        let name = arguments.text("region", "Name of the region.");
        let line = arguments.text("line", "Core line, such as `O 1s`; null for other regions.");
        let area = arguments.number("area", "1", "Area, in units of the intensity times eV; null where not known.");
        let area_err = arguments.number("area_err", "1", "Standard uncertainty of the area.");
        let failure = arguments.text("failure", "Why there is no area.");
        let doubt = arguments.text("doubt", "Why the area is doubtful; null where it is not.");
        let unit =
            arguments.text("intensity_unit", "Unit of the intensity: `counts`, `counts/s`; otherwise not stated.");
        let time = arguments.number("counting_time_s", "s", "Counting time of a point, of all scans together.");
        let transmission = arguments.number("transmission", "1", "Transmission of the analyser at the line.");
        let pair =
            arguments.number("spin_orbit_ev", "eV", "Splitting of the pair that was fitted; null for single lines.");
        let photon = arguments.number("excitation_energy_ev", "eV", "Photon energy.");
        let pass = arguments.number("pass_energy_ev", "eV", "Pass energy.");
        let settings = arguments.text("settings", "Other settings of the analyser, which must be equal.");
        let recipe = arguments.option_text("recipe_elements", "Symbols of the elements in the recipe's precursors.");
        let mut rows: Vec<usize> = (0..id.len()).filter(|row| id.is_valid(*row)).collect();
        // In any order of rows the same result.
        rows.sort_by(|a, b| id.value(*a).cmp(id.value(*b)));
        rows.dedup_by(|a, b| id.value(*a) == id.value(*b));
        let region = |row: &usize| {
            let row = *row;
            MeasuredRegion {
                name: text_at(&name, row).unwrap_or_default().to_owned(),
                line: text_at(&line, row).and_then(CoreLine::parse),
                area: at(&area, row).zip(at(&area_err, row)),
                failure: text_at(&failure, row).map(str::to_owned),
                doubt: text_at(&doubt, row).map(str::to_owned),
                unit: match text_at(&unit, row) {
                    Some("counts") => IntensityUnit::Counts,
                    Some("counts/s") => IntensityUnit::CountsPerSecond,
                    _ => IntensityUnit::NotStated,
                },
                counting_time_s: at(&time, row),
                transmission: at(&transmission, row),
                photon_energy_ev: at(&photon, row),
                pass_energy_ev: at(&pass, row),
                settings: text_at(&settings, row).map(str::to_owned),
            }
        };
        Self {
            target,
            names: rows.iter().map(|row| id.value(*row).to_owned()).collect(),
            regions: rows.iter().map(region).collect(),
            has_pairs: rows.iter().any(|row| at(&pair, *row).is_some()),
            recipe,
        }
    }

    fn quantify(&self) -> Result<Content, Failure> {
        let place = self.names.iter().position(|name| Some(name) == self.target.as_ref());
        let line = place.and_then(|place| self.regions[place].line.as_ref());
        let Some(element) = line.map(CoreLine::element) else {
            return Err(Failure::new(RowReason::OneCoreLine, "the region is not a core line"));
        };
        let recipe: Vec<&str> = self.recipe.iter().flat_map(|symbols| symbols.split_whitespace()).collect();
        let state = quantify(&self.regions, &recipe).map_err(|error| match error {
            QuantificationError::TooFewElements { .. } => {
                Failure::new(RowReason::OneCoreLine, "this state of the surface has no core line of a second element")
            }
            error => error.into(),
        })?;
        let own = state.elements.iter().find(|content| content.element == element).cloned();
        let own = own.ok_or_else(|| Failure::new(RowReason::OneCoreLine, "the region is not a core line"))?;
        Ok(Content { own, state })
    }
}

struct Content {
    own: AtomicPercent,
    state: Quantification,
}

fn joined(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// `quantify_regions`.
pub(super) fn kernel() -> Kernel {
    Definition {
        name: "quantify_regions",
        version: 1,
        meaning: "Content of an element at a surface, from the areas of all core lines of one state of the surface.",
        example: "SELECT a.measurement_id, quantify_regions(a.measurement_id, b.measurement_id, b.region, b.line, b.line_area, b.line_area_err, \
                  b.reason, b.area_doubt, b.intensity_unit, b.counting_time_s, b.transmission, b.spin_orbit_ev, \
                  b.excitation_energy_ev, b.pass_energy_ev, b.settings) AS content FROM xps_areas AS a JOIN xps_areas AS b \
                  ON b.file_id = a.file_id AND b.state = a.state GROUP BY a.measurement_id LIMIT 3",
        arguments: State::of,
        evaluate: State::quantify,
        verdict: |content| content.state.verdict.clone(),
        always: fields! { asked: Outcome<State, Content>;
            count n_lines "Number of regions of the state that are core lines."
                => asked.input.regions.iter().filter(|region| region.line.is_some()).count();
            flag attenuation_length_used "Whether areas were corrected for the attenuation length: never; null where there is no composition." => Some(false).filter(|_| asked.fit().is_some());
            flag asymmetry_used "Whether areas were corrected for the angular distribution of the electrons (asymmetry, angle between source and analyser): never; null where there is no composition." => Some(false).filter(|_| asked.fit().is_some());
            flag spin_orbit_used "Whether the area of one of the lines was fitted as a spin-orbit pair." => asked.input.has_pairs;
        },
        fields: fields! { content: Content;
            number content_percent ["%"] "Content (at.%), relative to the sum over all elements of which the state has a core line; may be negative within its uncertainty where a line of another element was subtracted."
                => content.own.content_percent;
            number content_err_percent ["%"] "Standard uncertainty of the content: areas, subtracted lines, and 5 % for each sensitivity factor; without attenuation length, transmission that the file does not state, asymmetry, and elements of which no line was measured."
                => content.own.content_err_percent;
            number counting_err_percent ["%"] "The part of that uncertainty that comes from the areas: the one to use where contents from the same lines are compared."
                => content.own.counting_err_percent;
            flag detected "Whether the content is more than three times `counting_err_percent` above zero." => content.own.detected;
            count n_regions "Number of regions of the element, of which the mean was taken." => content.own.n_regions;
            flag counting_time_used "Whether count rates were compared; false where equal counting times made this unnecessary, or could only be assumed."
                => content.state.counting_time_used;
            flag transmission_used "Whether areas were divided by the transmission that the file states; false where it states none."
                => content.state.transmission_used;
            text subtracted "Lines of other elements that were subtracted, with their part of the area; null where there are none."
                => joined(&content.state.subtracted);
            text left_out "Regions that are no core lines and are not in the sum; null where there are none."
                => joined(&content.state.left_out);
        },
    }
    .kernel()
}
