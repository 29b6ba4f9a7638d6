//! What can react in a reactor: the precursors of its lines, its reactive gases, and plasmas.
//!
//! Every reactant has a number: lines from 0, reactive gases by their mass flow controllers from 16, plasmas by the gas
//! in which they burn from 20. An inert gas is no reactant, but a plasma in it is.

use super::violation::steps;
use crate::program::Outputs;
use crate::reactor::{MOST_LINES, MOST_MFCS, Reactor};
use crate::recipe::{Recipe, StepKind};
use crate::rule::{Limit, Rule};

/// Number of the first gas, and of the first plasma.
const GASES: usize = MOST_LINES;
const PLASMAS: usize = GASES + MOST_MFCS;
/// Numbers of reactants.
const COUNT: usize = PLASMAS + MOST_MFCS;

/// The reactants of a recipe on a reactor.
pub(super) struct Reactants<'a> {
    reactor: &'a Reactor,
    /// For each reactant, the names by which rules `apart` name it; empty if there is none of this number.
    names: Vec<Vec<String>>,
}

impl<'a> Reactants<'a> {
    pub(super) fn new(recipe: &Recipe, reactor: &'a Reactor) -> Self {
        let mut names = vec![Vec::new(); COUNT];
        for (line, names) in reactor.lines.iter().take(MOST_LINES).zip(&mut names) {
            // What the recipe uses is mounted; of a line that it does not use nothing is known.
            let used = line.precursors.iter().find(|name| recipe.precursor(name).is_some());
            *names = used.map_or_else(|| line.precursors.clone(), |name| vec![name.clone()]);
        }
        for (place, mfc) in reactor.mfcs.iter().take(MOST_MFCS).enumerate() {
            if !mfc.is_inert() {
                names[GASES + place].push(mfc.gas.clone());
            }
            if reactor.plasma.is_some() {
                names[PLASMAS + place].push(format!("{} plasma", mfc.gas));
                // Where the gas may not be, its plasma may not be either.
                if !mfc.is_inert() {
                    names[PLASMAS + place].push(mfc.gas.clone());
                }
            }
        }
        Self { reactor, names }
    }

    /// The numbers of all reactants.
    pub(super) fn all(&self) -> impl Iterator<Item = usize> + '_ {
        (0..COUNT).filter(|number| !self.names[*number].is_empty())
    }

    /// The lines.
    pub(super) fn is_line(number: usize) -> bool {
        number < GASES
    }

    pub(super) fn name(&self, number: usize) -> String {
        if Self::is_line(number) { self.names[number].join("/") } else { self.names[number][0].clone() }
    }

    /// The reactants that are in the chamber during a step: bit i is reactant i.
    pub(super) fn present(&self, outputs: &Outputs) -> u32 {
        let mut present = u32::from(outputs.valves);
        for place in 0..self.reactor.mfcs.len().min(MOST_MFCS) {
            if outputs.flows_msccm[place] == 0 {
                continue;
            }
            for (number, is) in [(GASES + place, true), (PLASMAS + place, outputs.plasma_mw != 0)] {
                if is && !self.names[number].is_empty() {
                    present |= 1 << number;
                }
            }
        }
        present
    }

    /// Whether a step removes what is in the chamber: it pumps, or purges with an inert gas.
    pub(super) fn purges(&self, outputs: &Outputs) -> bool {
        outputs.pump_open && outputs.plasma_mw == 0 && self.present(outputs) == 0
    }

    /// The reactants that the steps of a recipe use.
    pub(super) fn used(&self, recipe: &Recipe) -> Vec<usize> {
        let mut used = Vec::new();
        for (_, step) in steps(recipe) {
            if let Some(precursor) = step.precursor.as_deref().and_then(|name| recipe.precursor(name))
                && let Some((number, line)) = self.reactor.line_of(&precursor.name)
            {
                used.push(number);
                if precursor.carrier_flow_sccm.is_some() {
                    let mfc = line.carrier_mfc.as_deref().and_then(|name| self.reactor.mfc(name));
                    used.extend(mfc.map(|mfc| GASES + mfc));
                }
            }
            if let Some(mfc) = step.gas.as_deref().and_then(|gas| self.reactor.mfc_of_gas(gas)) {
                used.push(GASES + mfc);
                if step.step == StepKind::Plasma {
                    used.push(PLASMAS + mfc);
                }
            }
        }
        used.sort_unstable();
        used.dedup();
        used.retain(|number| self.names.get(*number).is_some_and(|names| !names.is_empty()));
        used
    }

    /// The rules `apart` for two reactants.
    pub(super) fn apart(&self, a: usize, b: usize) -> impl Iterator<Item = &'a Rule> + '_ {
        let is = move |rule: &&Rule| {
            self.names[a].iter().any(|one| self.names[b].iter().any(|other| rule.keeps_apart(one, other)))
        };
        self.reactor.rules.iter().filter(is)
    }

    /// Whether two reactants may be in the chamber together. A gas and the plasmas that burn in it are one discharge.
    pub(super) fn compatible(&self, a: usize, b: usize) -> bool {
        let discharge = !Self::is_line(a) && !Self::is_line(b) && (a >= PLASMAS || b >= PLASMAS);
        // A rule for a gas does not allow its plasma: only the first name counts.
        let first = |number: usize| {
            let names = &self.names[number];
            if Self::is_line(number) { names.as_slice() } else { &names[..1] }
        };
        let allowed =
            |one: &String, other: &String| self.reactor.rules.iter().any(|rule| rule.allows_together(one, other));
        discharge || first(a).iter().all(|one| first(b).iter().all(|other| allowed(one, other)))
    }

    /// A precursor and a gas without a rule for the two are kept apart as the precursor is from others: the longest
    /// time of its rules `apart`. Null if there are none, or for two precursors: nothing is known of them.
    pub(super) fn inherited_ms(&self, a: usize, b: usize) -> Option<u64> {
        let line = match (Self::is_line(a), Self::is_line(b)) {
            (true, false) => a,
            (false, true) => b,
            _ => return None,
        };
        let rules = self.reactor.rules.iter().filter_map(|rule| match &rule.limit {
            Limit::Apart { first, second, min } => {
                first.iter().chain(second).any(|name| self.names[line].contains(name)).then_some(u64::from(min.0))
            }
            _ => None,
        });
        rules.max()
    }

    /// The purge after which a line's precursor has left the chamber: the longest that a rule requires after it. Without
    /// such a rule, the dwell time of the safe state.
    pub(super) fn enough_ms(&self, line: usize) -> u64 {
        let named = |names: &[String]| names.iter().any(|name| self.names[line].contains(name));
        let required = self.reactor.rules.iter().filter_map(|rule| match &rule.limit {
            Limit::PumpAfter { precursors, min } => named(precursors).then_some(min),
            Limit::PurgeAfterDose { min } => Some(min),
            Limit::Apart { first, second, min } => (named(first) || named(second)).then_some(min),
            _ => None,
        });
        u64::from(required.max().unwrap_or(&self.reactor.safe_state.dwell).0)
    }

    /// Whether a list of a rule names a reactant; every one if it is empty.
    pub(super) fn concerned(&self, number: usize, names: &[String]) -> bool {
        names.is_empty() || self.names[number].iter().any(|name| names.contains(name))
    }
}
