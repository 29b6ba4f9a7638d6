//! Whether a reactor's description can be right: ranges of its values, names, and entries that contradict each other.
//!
//! All faults are found at once. `docs/REACTORS.md` states every range.

use std::ops::RangeInclusive;

use super::{HeaterKind, MOST_HEATERS, MOST_LINES, MOST_LOOP_SLOTS, MOST_MFCS, MOST_STEP_SLOTS, Reactor};
use crate::keys::FileFault;
use crate::quantity::{Milliseconds, whole};
use crate::recipe::PumpValve;
use crate::rule::{Limit, Rule, Severity};
use crate::source::Source;

/// A flow (sccm).
const FLOW_SCCM: RangeInclusive<f64> = 0.001..=100_000.0;
/// Highest set-point of a heater (°C).
const MAX_C: RangeInclusive<f64> = 0.0..=2000.0;
/// Lowest set-point in the safe state (°C).
const LOWEST_STANDBY_C: f64 = -200.0;
/// A pressure (Pa).
const PRESSURE_PA: RangeInclusive<f64> = 1e-9..=200_000.0;
/// Top of a gauge, and pressure that ends a run (Pa): registers count in µPa.
const TRIP_PA: RangeInclusive<f64> = 1e-6..=200_000.0;
/// Power of a plasma (W).
const POWER_W: RangeInclusive<f64> = 0.001..=100_000.0;
/// Tolerance of a temperature (°C).
const TOLERANCE_C: RangeInclusive<f64> = 0.1..=20.0;
/// Deviation of a flow or a power from the planned one (%).
const PERCENT: RangeInclusive<f64> = 0.1..=50.0;
/// Factor of the pressure of a dose.
const PRESSURE_FACTOR: RangeInclusive<f64> = 1.0..=100.0;
/// Time resolution.
const TICK_MS: RangeInclusive<u32> = 1..=1000;
/// Watchdog: shorter than this a network cannot do, longer than this is no watch.
const WATCHDOG_MS: RangeInclusive<u32> = 200..=10_000;
/// Tolerance of a duration.
const DURATION_MS: RangeInclusive<u32> = 1..=10_000;
/// Heating, evacuating and waiting: a week at most.
const WEEK_MS: u32 = 604_800_000;
/// Ramp rate of a heater (°C/min): slower is no ramp, faster no heater can.
pub(crate) const RAMP_C_PER_MIN: RangeInclusive<f64> = 0.1..=600.0;
/// Rise of the pressure in a leak test (Pa/s).
pub(crate) const RISE_PA_PER_S: RangeInclusive<f64> = 1e-9..=1000.0;
/// A leak test (ms): shorter than a second no gauge reads a rise.
pub(crate) const LEAK_TEST_MS: RangeInclusive<u32> = 1000..=86_400_000;
/// A limit of a rule (°C).
const LIMIT_C: RangeInclusive<f64> = -200.0..=2000.0;
/// Volume of a chamber (l), and pumping speed (l/s).
const CHAMBER: RangeInclusive<f64> = 0.001..=1_000_000.0;
/// Gases that react with precursors, with air or with each other, whatever a description states.
const REACTIVE: &[&str] = &[
    "O2", "oxygen", "O3", "ozone", "air", "H2", "hydrogen", "NH3", "ammonia", "N2O", "NO", "NO2", "H2O", "water",
    "H2O2", "H2S", "CO2", "SiH4", "silane", "Si2H6", "B2H6", "PH3", "AsH3", "CH4", "C2H2", "C2H4", "Cl2", "HCl", "HF",
    "F2", "NF3", "ClF3", "BCl3", "TiCl4", "WF6", "SiCl4",
];

/// A way to an entry: keys, and which of the tables of that name.
type Way<'a> = &'a [(&'a str, usize)];

struct Faults<'a> {
    reactor: &'a Reactor,
    source: Option<Source<'a>>,
    found: Vec<FileFault>,
}

/// Every fault of a description, with its line if the text is known.
pub(super) fn of<'a>(reactor: &'a Reactor, source: Option<Source<'a>>) -> Vec<FileFault> {
    let mut faults = Faults { reactor, source, found: Vec::new() };
    faults.top();
    faults.lines();
    faults.mfcs();
    faults.heaters();
    faults.gauges();
    faults.plasma_and_chamber();
    faults.controller();
    faults.tolerances();
    faults.watching();
    faults.safe_state();
    faults.rules();
    faults.found.sort_by_key(|fault| fault.line);
    faults.found
}

impl Faults<'_> {
    fn add(&mut self, way: Way<'_>, place: &str, problem: impl Into<String>) {
        let line = self.source.as_ref().map(|source| source.entry(way).0);
        self.found.push(FileFault { line, place: place.to_owned(), problem: problem.into() });
    }

    /// The value as written in the file, or as it was understood.
    fn written(&self, way: Way<'_>, understood: String) -> String {
        let written = self.source.as_ref().and_then(|source| source.entry(way).1);
        written.map_or(understood, ToOwned::to_owned)
    }

    /// A number in a range. NaN is in none.
    fn number(
        &mut self,
        way: Way<'_>,
        place: &str,
        value: f64,
        range: &RangeInclusive<f64>,
        decimals: Decimals,
    ) -> bool {
        let whole = decimals == Decimals::Any || whole(value, 1e3).is_some();
        if range.contains(&value) && whole {
            return true;
        }
        let key = way.last().map_or("", |(key, _)| key);
        let decimals = if decimals == Decimals::Any { "" } else { ", with three decimals at most" };
        let (found, low, high) = (self.written(way, value.to_string()), range.start(), range.end());
        self.add(way, place, format!("`{key}` is {found}, expected {low} to {high}{decimals}"));
        false
    }

    fn time(&mut self, way: Way<'_>, place: &str, value: Milliseconds, range: &RangeInclusive<u32>) -> bool {
        if range.contains(&value.0) {
            return true;
        }
        let key = way.last().map_or("", |(key, _)| key);
        let found = self.written(way, value.seconds().to_string());
        let [low, high] = [range.start(), range.end()].map(|ms| Milliseconds(*ms).seconds());
        self.add(way, place, format!("`{key}` is {found}, expected {low} to {high} s, with three decimals at most"));
        false
    }

    /// Names are stated, and unique.
    fn names<'n>(&mut self, table: &str, key: &str, names: impl Iterator<Item = &'n str>) {
        let mut before: Vec<&str> = Vec::new();
        for (index, name) in names.enumerate() {
            let (way, place) = ([(table, index), (key, 0)], format!("[[{table}]] {}", index + 1));
            if name.trim().is_empty() || name.trim() != name {
                self.add(&way, &place, format!("`{key}` is \"{name}\", expected a name without blanks around it"));
            } else if let Some(first) = before.iter().position(|other| other.eq_ignore_ascii_case(name)) {
                let problem =
                    format!("`{name}` is also the {key} of [[{table}]] {}; expected different ones", first + 1);
                self.add(&way, &place, problem);
            }
            before.push(name);
        }
    }

    fn top(&mut self) {
        let reactor = self.reactor;
        for (key, text) in [("name", &reactor.name), ("title", &reactor.title), ("source", &reactor.source)] {
            if text.trim().is_empty() {
                self.add(&[(key, 0)], "top level", format!("`{key}` is empty"));
            }
        }
        for (table, count, most) in [
            ("line", reactor.lines.len(), MOST_LINES),
            ("mfc", reactor.mfcs.len(), MOST_MFCS),
            ("heater", reactor.heaters.len(), MOST_HEATERS),
        ] {
            if count > most {
                self.add(&[(table, most)], table, format!("expected {most} at most, found {count}"));
            }
        }
        if reactor.lines.is_empty() {
            self.add(&[("line", 0)], "line", "expected a [[line]], found none");
        }
        self.names("line", "valve", reactor.lines.iter().map(|line| line.valve.as_str()));
        self.names("mfc", "name", reactor.mfcs.iter().map(|mfc| mfc.name.as_str()));
        self.names("heater", "name", reactor.heaters.iter().map(|heater| heater.name.as_str()));
        self.names("gauge", "name", reactor.gauges.iter().map(|gauge| gauge.name.as_str()));
        self.names("rule", "name", reactor.rules.iter().map(|rule| rule.name.as_str()));
    }

    fn lines(&mut self) {
        let reactor = self.reactor;
        let mut mounted: Vec<(&str, &str)> = Vec::new();
        for (index, line) in reactor.lines.iter().enumerate() {
            let place = format!("line `{}`", line.valve);
            for name in &line.precursors {
                let way = [("line", index), ("precursors", 0)];
                if name.trim().is_empty() {
                    self.add(&way, &place, "a precursor has no name");
                }
                if let Some((_, valve)) = mounted.iter().find(|(other, _)| other == name) {
                    let problem =
                        format!("`{name}` is also on line `{valve}`; a dose could not tell which valve is meant");
                    self.add(&way, &place, problem);
                }
                if reactor.mfcs.iter().any(|mfc| mfc.gas == *name) {
                    self.add(&way, &place, format!("`{name}` is also the gas of an [[mfc]]; expected different names"));
                }
                mounted.push((name, &line.valve));
            }
            for name in line.unheated.iter().filter(|name| !line.precursors.contains(name)) {
                let problem = format!("`unheated` names `{name}`, which is not one of its `precursors`");
                self.add(&[("line", index), ("unheated", 0)], &place, problem);
            }
            for (key, heater, kind, heats) in [
                ("source_heater", &line.source_heater, HeaterKind::Source, "source"),
                ("line_heater", &line.line_heater, HeaterKind::Line, "line"),
            ] {
                let Some(name) = heater else { continue };
                let way = [("line", index), (key, 0)];
                match reactor.heater(name).map(|heater| reactor.heaters[heater].heats) {
                    None => self.add(&way, &place, format!("no [[heater]] is called `{name}`")),
                    Some(found) if found != kind => {
                        let problem = format!(
                            "`{key}` is `{name}`, which heats the {}; expected a heater with `heats = \"{heats}\"`",
                            found.name()
                        );
                        self.add(&way, &place, problem);
                    }
                    Some(_) => {}
                }
            }
            if let Some(name) = &line.carrier_mfc {
                let way = [("line", index), ("carrier_mfc", 0)];
                match reactor.mfc(name).map(|mfc| &reactor.mfcs[mfc]) {
                    None => self.add(&way, &place, format!("no [[mfc]] is called `{name}`")),
                    Some(mfc) if !mfc.is_inert() => {
                        let allowed = |precursor: &String| {
                            reactor.rules.iter().any(|rule| rule.allows_together(precursor, &mfc.gas))
                        };
                        if let Some(precursor) = line.precursors.iter().find(|precursor| !allowed(precursor)) {
                            let problem = format!(
                                "the carrier gas {} is not inert, and no rule `compatible` is for {precursor} and {0}",
                                mfc.gas
                            );
                            self.add(&way, &place, problem);
                        }
                    }
                    Some(_) => {}
                }
            }
        }
    }

    fn mfcs(&mut self) {
        let reactor = self.reactor;
        for (index, mfc) in reactor.mfcs.iter().enumerate() {
            let place = format!("mfc `{}`", mfc.name);
            if mfc.gas.trim().is_empty() {
                self.add(&[("mfc", index), ("gas", 0)], &place, "`gas` is empty");
            }
            let way = [("mfc", index), ("max_flow_sccm", 0)];
            self.number(&way, &place, mfc.max_flow_sccm, &FLOW_SCCM, Decimals::Three);
            if mfc.inert == Some(true) && REACTIVE.iter().any(|gas| gas.eq_ignore_ascii_case(&mfc.gas)) {
                let problem = format!("`inert` is true, but {} reacts; leave `inert` out", mfc.gas);
                self.add(&[("mfc", index), ("inert", 0)], &place, problem);
            }
        }
    }

    fn heaters(&mut self) {
        let reactor = self.reactor;
        for (index, heater) in reactor.heaters.iter().enumerate() {
            let place = format!("heater `{}`", heater.name);
            let way = |key| [("heater", index), (key, 0)];
            let max_is = self.number(&way("max_c"), &place, heater.max_c, &MAX_C, Decimals::Three);
            let standby = LOWEST_STANDBY_C..=if max_is { heater.max_c } else { *MAX_C.end() };
            self.number(&way("standby_c"), &place, heater.standby_c, &standby, Decimals::Three);
            if let Some(ramp) = heater.max_ramp_c_per_min {
                self.number(&way("max_ramp_c_per_min"), &place, ramp, &RAMP_C_PER_MIN, Decimals::Three);
            }
            let is = |name: &Option<String>| name.as_ref() == Some(&heater.name);
            let used = match heater.heats {
                HeaterKind::Substrate | HeaterKind::Wall => true,
                HeaterKind::Source => reactor.lines.iter().any(|line| is(&line.source_heater)),
                HeaterKind::Line => reactor.lines.iter().any(|line| is(&line.line_heater)),
            };
            if !used {
                let (heats, key) = (heater.heats.name(), heater.heats.name());
                let problem = format!("it heats a {heats}, but is the `{key}_heater` of no [[line]]");
                self.add(&way("name"), &place, problem);
            }
        }
        if !reactor.heaters.iter().any(|heater| heater.heats == HeaterKind::Substrate) {
            let problem = "expected a heater with `heats = \"substrate\"`, found none";
            self.add(&[("heater", 0)], "heater", problem);
        }
    }

    fn gauges(&mut self) {
        let reactor = self.reactor;
        if reactor.gauges.is_empty() {
            self.add(&[], "gauge", "expected a [[gauge]], found none: the base pressure could not be seen");
        }
        for (index, gauge) in reactor.gauges.iter().enumerate() {
            let place = format!("gauge `{}`", gauge.name);
            let way = |key| [("gauge", index), (key, 0)];
            let low = self.number(&way("min_pa"), &place, gauge.min_pa, &PRESSURE_PA, Decimals::Any);
            let high = self.number(&way("max_pa"), &place, gauge.max_pa, &TRIP_PA, Decimals::Any);
            if low && high && gauge.min_pa >= gauge.max_pa {
                let problem = format!("`min_pa` is {}, expected less than `max_pa`, {}", gauge.min_pa, gauge.max_pa);
                self.add(&way("min_pa"), &place, problem);
            }
        }
    }

    fn plasma_and_chamber(&mut self) {
        let reactor = self.reactor;
        if let Some(plasma) = &reactor.plasma {
            let way = [("plasma", 0), ("max_power_w", 0)];
            self.number(&way, "[plasma]", plasma.max_power_w, &POWER_W, Decimals::Three);
            let way = [("plasma", 0), ("gases", 0)];
            if plasma.gases.is_empty() {
                self.add(&way, "[plasma]", "`gases` is empty, expected one or more");
            }
            for gas in plasma.gases.iter().filter(|gas| reactor.mfc_of_gas(gas).is_none()) {
                self.add(&way, "[plasma]", format!("`gases` names {gas}, but no [[mfc]] has this gas"));
            }
        }
        if let Some(chamber) = &reactor.chamber {
            for (key, value) in
                [("volume_l", chamber.volume_l), ("pumping_speed_l_per_s", chamber.pumping_speed_l_per_s)]
            {
                self.number(&[("chamber", 0), (key, 0)], "[chamber]", value, &CHAMBER, Decimals::Any);
            }
        }
    }

    fn controller(&mut self) {
        let limits = self.reactor.controller;
        let way = |key| [("controller", 0), (key, 0)];
        for (key, slots, most) in
            [("step_slots", limits.step_slots, MOST_STEP_SLOTS), ("loop_slots", limits.loop_slots, MOST_LOOP_SLOTS)]
        {
            if !(1..=most).contains(&slots) {
                let found = self.written(&way(key), slots.to_string());
                let problem = format!("`{key}` is {found}, expected a whole number from 1 to {most}");
                self.add(&way(key), "[controller]", problem);
            }
        }
        let tick = self.time(&way("tick_s"), "[controller]", limits.tick, &TICK_MS);
        let watchdog = self.time(&way("watchdog_s"), "[controller]", limits.watchdog, &WATCHDOG_MS);
        if tick && watchdog && !limits.watchdog.0.is_multiple_of(limits.tick.0) {
            let problem = format!(
                "`watchdog_s` is {}, expected a multiple of `tick_s`, {}",
                limits.watchdog.seconds(),
                limits.tick.seconds()
            );
            self.add(&way("watchdog_s"), "[controller]", problem);
        }
    }

    fn tolerances(&mut self) {
        let tolerance = self.reactor.tolerance;
        let (way, place) = (|key| [("tolerance", 0), (key, 0)], "[tolerance]");
        self.number(&way("temperature_c"), place, tolerance.temperature_c, &TOLERANCE_C, Decimals::Three);
        let tick = self.reactor.controller.tick;
        if self.time(&way("duration_s"), place, tolerance.duration, &DURATION_MS) && tolerance.duration < tick {
            let (duration, tick) = (tolerance.duration.seconds(), tick.seconds());
            let problem = format!("`duration_s` is {duration}, expected `tick_s` of the controller, {tick}, or more");
            self.add(&way("duration_s"), place, problem);
        }
        let factor = tolerance.dose_pressure_factor;
        self.number(&way("dose_pressure_factor"), place, factor, &PRESSURE_FACTOR, Decimals::Any);
        self.time(&way("ready_s"), place, tolerance.ready, &(1000..=WEEK_MS));
    }

    fn watching(&mut self) {
        let watch = &self.reactor.watch;
        let way = |key| [("watch", 0), (key, 0)];
        for (key, value) in [("flow_percent", watch.flow_percent), ("plasma_percent", watch.plasma_percent)] {
            self.number(&way(key), "watch", value, &PERCENT, Decimals::Any);
        }
        for (key, value, most) in
            [("settle_s", watch.settle, 60_000), ("valve_s", watch.valve, 5_000), ("held_s", watch.held, WEEK_MS)]
        {
            self.time(&way(key), "watch", value, &(1..=most));
        }
        if let Some(pa) = watch.pressure_trip_pa {
            self.number(&way("pressure_trip_pa"), "watch", pa, &TRIP_PA, Decimals::Any);
        }
        let interlocks = self.reactor.interlocks.len();
        if interlocks > 15 {
            self.add(&[("interlocks", 0)], "interlocks", format!("expected 15 at most, found {interlocks}"));
        }
    }

    fn safe_state(&mut self) {
        let safe = self.reactor.safe_state;
        let way = |key| [("safe_state", 0), (key, 0)];
        if safe.pump_valve == PumpValve::Closed {
            let problem = "expected `pump_valve = \"open\"`: the safe state evacuates the chamber";
            self.add(&way("pump_valve"), "[safe_state]", problem);
        }
        if let Some(approval) = self.reactor.approval.filter(|approval| !(1..=2).contains(&approval.people)) {
            let way = [("approval", 0), ("people", 0)];
            let found = self.written(&way, approval.people.to_string());
            self.add(&way, "[approval]", format!("`people` is {found}, expected 1 or 2"));
        }
        let dwell = self.time(&way("dwell_s"), "[safe_state]", safe.dwell, &(0..=WEEK_MS));
        let ready = self.reactor.tolerance.ready;
        if dwell && safe.dwell >= ready {
            let problem = format!(
                "`dwell_s` is {}, expected less than tolerance.ready_s, {}: a run would never be ready",
                safe.dwell.seconds(),
                ready.seconds()
            );
            self.add(&way("dwell_s"), "[safe_state]", problem);
        }
    }

    fn rules(&mut self) {
        let reactor = self.reactor;
        for (index, rule) in reactor.rules.iter().enumerate() {
            let place = format!("rule `{}`", rule.name);
            if rule.why.trim().is_empty() {
                self.add(&[("rule", index), ("why", 0)], &place, "`why` is empty");
            }
            self.named(index, rule, &place);
            self.limit(index, rule, &place);
            for (earlier, other) in reactor.rules[..index].iter().enumerate() {
                if let Some(problem) = contradiction(rule, other) {
                    let with = format!("it contradicts rule `{}` (rule {}): {problem}", other.name, earlier + 1);
                    self.add(&[("rule", index), ("limit", 0)], &place, with);
                }
            }
        }
    }

    /// The names in a rule are those of precursors, reactive gases and plasmas.
    fn named(&mut self, index: usize, rule: &Rule, place: &str) {
        let reactor = self.reactor;
        let gases = matches!(rule.limit, Limit::Apart { .. } | Limit::Compatible { .. } | Limit::PumpAfter { .. });
        let way = [("rule", index), ("limit", 0)];
        for name in rule.limit.precursors() {
            let gas = reactor.mfcs.iter().find(|mfc| mfc.gas == *name);
            let plasma = name.strip_suffix(" plasma").is_some_and(|gas| {
                reactor.plasma.as_ref().is_some_and(|plasma| plasma.gases.iter().any(|known| known == gas))
            });
            match gas {
                _ if reactor.line_of(name).is_some() || (gases && plasma) => {}
                Some(mfc) if gases && !mfc.is_inert() => {}
                Some(mfc) if gases => {
                    self.add(&way, place, format!("`{}` is an inert gas; expected a gas that reacts", mfc.gas));
                }
                _ => self.add(&way, place, format!("no line is for `{name}`")),
            }
        }
        let groups = rule.limit.groups();
        if groups.iter().any(|group| group.is_empty()) {
            self.add(&way, place, "a list of precursors is empty: the rule would hold for nothing");
        }
        if let Limit::Apart { first, second, .. } = &rule.limit
            && let Some(both) = first.iter().find(|name| second.contains(name))
        {
            self.add(&way, place, format!("`{both}` is in both groups; expected different ones"));
        }
    }

    fn limit(&mut self, index: usize, rule: &Rule, place: &str) {
        let reactor = self.reactor;
        let way = |key| [("rule", index), ("limit", 0), (key, 0)];
        let times = 0..=u32::MAX - 1;
        let longer = 1..=u32::MAX - 1;
        match &rule.limit {
            Limit::Apart { min, .. } | Limit::PumpAfter { min, .. } | Limit::PurgeAfterDose { min } => {
                if self.time(&way("min_s"), place, *min, &longer) && *min > reactor.safe_state.dwell {
                    let problem = format!(
                        "requires {} s, but safe_state.dwell_s is {}: a new run may begin with any precursor",
                        min.seconds(),
                        reactor.safe_state.dwell.seconds()
                    );
                    self.add(&way("min_s"), place, problem);
                }
            }
            Limit::Compatible { .. } => {}
            Limit::Ceiling { precursors, source_max_c, chamber_max_c } => {
                let source = self.number(&way("source_max_c"), place, *source_max_c, &LIMIT_C, Decimals::Any);
                let lines = reactor.lines.iter();
                let heaters = lines.filter(|line| line.precursors.iter().any(|name| precursors.contains(name)));
                let heaters = heaters.flat_map(|line| line.source_heater.iter().chain(&line.line_heater));
                if source {
                    self.standby(&way("source_max_c"), place, heaters, *source_max_c);
                }
                if let Some(max) = chamber_max_c
                    && self.number(&way("chamber_max_c"), place, *max, &LIMIT_C, Decimals::Any)
                {
                    let heaters = reactor.heaters.iter().filter(|heater| heater.heats.is_chamber());
                    self.standby(&way("chamber_max_c"), place, heaters.map(|heater| &heater.name), *max);
                }
            }
            Limit::TemperatureOrder { min_rise_c } => {
                self.number(&way("min_rise_c"), place, *min_rise_c, &(0.0..=1000.0), Decimals::Any);
            }
            Limit::BasePressure { max_pa } => {
                let lowest = reactor.gauges.iter().map(|gauge| gauge.min_pa).fold(f64::INFINITY, f64::min);
                if self.number(&way("max_pa"), place, *max_pa, &PRESSURE_PA, Decimals::Any) && *max_pa < lowest {
                    let problem = format!("`max_pa` is {max_pa}, but no gauge reads below {lowest} Pa");
                    self.add(&way("max_pa"), place, problem);
                }
            }
            Limit::DosePressure { max_pa, .. } => {
                let highest = reactor.gauges.iter().map(|gauge| gauge.max_pa).fold(0.0, f64::max);
                if self.number(&way("max_pa"), place, *max_pa, &PRESSURE_PA, Decimals::Any) && *max_pa > highest {
                    let problem = format!("allows {max_pa} Pa, but no gauge reads above {highest} Pa");
                    self.add(&way("max_pa"), place, problem);
                }
            }
            Limit::DoseTime { min, max, .. } => {
                let low = self.time(&way("min_s"), place, *min, &times);
                let high = self.time(&way("max_s"), place, *max, &longer);
                if low && high && min > max {
                    let (min, max) = (min.seconds(), max.seconds());
                    self.add(&way("min_s"), place, format!("`min_s` is {min}, expected at most `max_s`, {max}"));
                }
            }
            Limit::Settle { min } => {
                if self.time(&way("min_s"), place, *min, &times) && *min >= reactor.tolerance.ready {
                    let problem = format!(
                        "requires {} s, but tolerance.ready_s is {}: a run would never be ready",
                        min.seconds(),
                        reactor.tolerance.ready.seconds()
                    );
                    self.add(&way("min_s"), place, problem);
                }
            }
            Limit::LeakTest { min, max_rise_pa_per_s } => {
                self.time(&way("min_s"), place, *min, &LEAK_TEST_MS);
                self.number(&way("max_rise_pa_per_s"), place, *max_rise_pa_per_s, &RISE_PA_PER_S, Decimals::Any);
            }
            Limit::CoolDown { vent_below_c } => {
                if self.number(&way("vent_below_c"), place, *vent_below_c, &LIMIT_C, Decimals::Any) {
                    let heaters = reactor.heaters.iter().filter(|heater| heater.heats.is_chamber());
                    let names = heaters.map(|heater| &heater.name);
                    // A heater is at its standby within the tolerance at best.
                    let most = *vent_below_c - reactor.tolerance.temperature_c;
                    self.standby(&way("vent_below_c"), place, names, most);
                }
            }
            Limit::RunTime { max } => {
                self.time(&way("max_s"), place, *max, &longer);
            }
        }
    }

    /// A heater at standby must not exceed a limit.
    fn standby<'n>(&mut self, way: Way<'_>, place: &str, heaters: impl Iterator<Item = &'n String>, max: f64) {
        let reactor = self.reactor;
        let mut names: Vec<&String> = heaters.collect();
        names.sort_unstable();
        names.dedup();
        for heater in names.into_iter().filter_map(|name| reactor.heater(name)).map(|place| &reactor.heaters[place]) {
            if heater.standby_c > max {
                let problem =
                    format!("allows {max} °C, but heater `{}` is at {} at standby", heater.name, heater.standby_c);
                self.add(way, place, problem);
            }
        }
    }
}

/// Three decimals at most for values that are sent to a controller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decimals {
    Three,
    Any,
}

/// Why no recipe could comply with two rules, or one of them allows what the other forbids.
fn contradiction(a: &Rule, b: &Rule) -> Option<String> {
    match (&a.limit, &b.limit) {
        (Limit::Apart { first, second, .. }, Limit::Compatible { .. }) => {
            let pair = first.iter().flat_map(|one| second.iter().map(move |other| (one, other)));
            let (one, other) = { pair }.find(|(one, other)| b.allows_together(one, other))?;
            Some(format!("{one} and {other} are apart, and compatible"))
        }
        (Limit::Compatible { .. }, Limit::Apart { .. }) => contradiction(b, a),
        (
            Limit::DoseTime { precursors, min, max },
            Limit::DoseTime { precursors: others, min: other_min, max: other_max },
        ) => {
            let hard = a.severity == Severity::Hard && b.severity == Severity::Hard;
            let same =
                precursors.is_empty() || others.is_empty() || precursors.iter().any(|name| others.contains(name));
            let (low, high) = (min.max(other_min), max.min(other_max));
            (hard && same && low > high)
                .then(|| format!("a dose of {} s or more and of {} s at most", low.seconds(), high.seconds()))
        }
        _ => None,
    }
}
