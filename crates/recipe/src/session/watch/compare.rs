//! What was seen in a part, or at one moment, against what was planned there.

use super::{Place, Span, Watch};
use crate::program::Outputs;
use crate::rule::Severity;
use crate::session::limits::{NO_FLOW_SCCM, NO_PLASMA_W, Quantity};
use crate::session::part::{Ending, Kind, Seen};
use crate::session::status::Alarm;

impl Watch<'_> {
    /// Compares what was seen with what was planned.
    pub(super) fn compare(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        if place.span == Span::Part && place.elapsed_ms == 0 {
            // Nothing was measured yet.
            return;
        }
        if place.kind == Kind::Safe {
            return self.heaters(place, seen);
        }
        if place.elapsed_ms > 0 {
            self.valves(place, seen, ending);
            self.gases(place, seen, ending);
        }
        self.heaters(place, seen);
        self.pressure(place, seen);
        if ending != Ending::Aborted && seen.alarms != 0 {
            self.hard(
                "alarm",
                format!("{}: the controller reports the alarm `{}`", place.words, Alarm::text(seen.alarms)),
            );
        }
        if seen.interlocks != 0 {
            let names = self.released.reactor().interlock_names(seen.interlocks);
            self.hard("interlock", format!("{}: open interlock: {names}", place.words));
        }
    }

    fn valves(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        let reactor = self.released.reactor();
        let valve_ms = u64::from(reactor.watch.valve.0);
        let planned = place.planned.valves;
        let mut found = Vec::new();
        let names = |bits: u16| reactor.valve_names(bits);
        let extra = seen.valves_commanded & !planned;
        if extra != 0 {
            found.push(("told", format!("valve `{}` was commanded open, planned closed", names(extra))));
        }
        let missing = planned & !seen.valves_commanded;
        if missing != 0 {
            found.push(("told", format!("valve `{}` was not commanded open, planned open", names(missing))));
        }
        let has_moved = place.elapsed_ms > valve_ms;
        let moving = if place.span == Span::Instant && has_moved { 0 } else { self.before.valves };
        let extra = seen.valves_confirmed & !(planned | moving);
        if extra != 0 {
            found.push(("seen", format!("valve `{}` was open, planned closed", names(extra))));
        }
        let missing = planned & !seen.valves_confirmed;
        if missing != 0 && has_moved && ending != Ending::Aborted {
            found.push(("seen", format!("valve `{}` was not confirmed open, planned open", names(missing))));
        }
        let bit = |is_open: bool| if is_open { 2 } else { 1 };
        let (planned, word) = (bit(place.planned.pump_open), if place.planned.pump_open { "open" } else { "closed" });
        if seen.pump_commanded != planned {
            found.push((
                "pump told",
                format!("the valve to the pump was not commanded {word} all the time, planned {word}"),
            ));
        }
        // Before a run the reactor may be vented, with the valve closed.
        let before = if place.kind == Kind::Preparation { 3 } else { bit(self.before.pump_open) };
        let moving = if place.span == Span::Instant && has_moved { 0 } else { before };
        if seen.pump_confirmed & !(planned | moving) != 0 || (has_moved && seen.pump_confirmed & planned == 0) {
            found.push(("pump seen", format!("the valve to the pump was not {word}, planned {word}")));
        }
        for (code, words) in found {
            self.hard(code, format!("{}: {words}", place.words));
        }
    }

    fn gases(&mut self, place: &Place, seen: &Seen, ending: Ending) {
        let reactor = self.released.reactor();
        let watch = &reactor.watch;
        let sccm = |outputs: &Outputs, mfc: usize| f64::from(outputs.flows_msccm[mfc]) / 1e3;
        let mut found = Vec::new();
        for (mfc, [mean, highest]) in seen.flows_sccm.into_iter().enumerate() {
            let part = reactor.mfcs.get(mfc);
            let analog = Analog {
                mean,
                highest,
                planned: sccm(&place.planned, mfc),
                before: sccm(&self.before, mfc),
                percent: watch.flow_percent,
                none: part.map_or(NO_FLOW_SCCM, |part| NO_FLOW_SCCM.max(0.02 * part.max_flow_sccm)),
            };
            if let Some((value, planned)) = analog.deviates(place, watch.settle.0, ending) {
                let name = part.map_or_else(|| format!("#{mfc}"), |part| part.name.clone());
                let words = format!("flow of `{name}` was {value:.1} sccm, planned {planned} sccm");
                found.push(("flow", Quantity::Flow, words));
            }
        }
        let most_w = reactor.plasma.as_ref().map_or(0.0, |plasma| plasma.max_power_w);
        let analog = Analog {
            mean: seen.plasma_w[0],
            highest: seen.plasma_w[1],
            planned: f64::from(place.planned.plasma_mw) / 1e3,
            before: f64::from(self.before.plasma_mw) / 1e3,
            percent: watch.plasma_percent,
            none: NO_PLASMA_W.max(0.02 * most_w),
        };
        if let Some((value, planned)) = analog.deviates(place, watch.settle.0, ending) {
            let words = format!("power of the plasma was {value:.1} W, planned {planned} W");
            found.push(("plasma", Quantity::Plasma, words));
        }
        for (code, quantity, words) in found {
            self.note(code, self.released.reactor().severity(quantity), format!("{}: {words}", place.words));
        }
    }

    fn heaters(&mut self, place: &Place, seen: &Seen) {
        let (reactor, program) = (self.released.reactor(), self.released.program());
        let tolerance = reactor.tolerance.temperature_c;
        let mut found = Vec::new();
        for ((heater, set), [lowest, highest]) in
            reactor.heaters.iter().zip(&program.setpoints_mc).zip(seen.temperatures_c)
        {
            // Without a trip temperature every temperature is too high.
            let trip = reactor.trip_mc(heater, *set).map_or(f64::NEG_INFINITY, |trip| f64::from(trip) / 1e3);
            let set = f64::from(*set) / 1e3;
            if highest > trip {
                let words = format!("heater `{}` reached {highest:.1} °C, {trip} °C at most", heater.name);
                found.push(("trip", Severity::Hard, words));
            } else if matches!(place.kind, Kind::Step | Kind::Hold) {
                let off = [lowest, highest].into_iter().find(|is| (is - set).abs() > tolerance + 1e-9);
                if let Some(is) = off {
                    let words = format!("heater `{}` was {is:.1} °C, set-point {set} ± {tolerance} °C", heater.name);
                    found.push(("temperature", reactor.severity(Quantity::Temperature), words));
                }
            }
        }
        for (code, severity, words) in found {
            self.note(code, severity, format!("{}: {words}", place.words));
        }
    }

    fn pressure(&mut self, place: &Place, seen: &Seen) {
        let reactor = self.released.reactor();
        match place.kind {
            Kind::Preparation | Kind::Safe | Kind::None | Kind::Unknown => return,
            Kind::LeakTest => self.rise(place, seen),
            Kind::Evacuation | Kind::Step | Kind::Hold | Kind::CoolDown => {}
        }
        let trip_pa = reactor.pressure_trip_upa().map(|upa| upa as f64 / 1e6);
        let dose_pa = Some(place.planned.valves).filter(|valves| *valves != 0);
        let dose_pa = dose_pa.and_then(|valves| reactor.dose_limit_pa(valves));
        let highest = seen.pressure_pa[2];
        if let Some(most) = trip_pa.into_iter().chain(dose_pa).reduce(f64::min).filter(|most| highest > *most) {
            self.hard("pressure", format!("{}: the pressure reached {highest:.3e} Pa, {most} Pa at most", place.words));
        }
    }
}

/// A quantity that needs time to follow its command.
struct Analog {
    mean: f64,
    highest: f64,
    planned: f64,
    before: f64,
    percent: f64,
    none: f64,
}

impl Analog {
    /// The value that deviates, and the planned one.
    fn deviates(&self, place: &Place, settle_ms: u32, ending: Ending) -> Option<(f64, f64)> {
        let tolerance = |of: f64| (of * self.percent / 100.0).max(self.none);
        let change = (self.planned - self.before).abs();
        let (elapsed, settle) = (place.elapsed_ms as f64, f64::from(settle_ms));
        let slack = match place.span {
            Span::Instant if elapsed < settle => change,
            Span::Instant => 0.0,
            // At worst the former value lasts for all of the settling time.
            Span::Part => change * (settle / elapsed.max(1.0)).min(1.0),
        };
        let top = self.planned.max(self.before);
        if self.highest > top + tolerance(top) {
            return Some((self.highest, self.planned));
        }
        let is_off = (self.mean - self.planned).abs() > tolerance(self.planned) + slack;
        (is_off && ending != Ending::Aborted).then_some((self.mean, self.planned))
    }
}
