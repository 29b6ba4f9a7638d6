//! Leak test, ramps and cool-down: carried out, watched, and every way to evade them.

use aldb_lab::{Fault, Misbehaviour, Simulator};
use aldb_recipe::session::{End, Interrupt, Run};
use aldb_recipe::{Clock as _, Reactor};
use proptest::prelude::*;

use crate::link::{Link, follow, reactor, released_with, started};

const TABLES: &str = "[leak_test]\nduration_s = 60\nmax_rise_pa_per_s = 1e-5\n\
                      [ramp]\nsubstrate_c_per_min = 10\nwall_c_per_min = 5\n\
                      [cool_down]\nvent_below_c = 60\nmax_s = 7200\n";

fn run(fault: Option<Fault>) -> (End, Vec<aldb_recipe::as_run::Row>, Option<f64>, Link) {
    let reactor = reactor();
    let released = released_with("lbo_250", 3, TABLES, &reactor);
    let link = Link::new(Simulator::new(&reactor, fault.into_iter().collect()).with_time_scale(200));
    let mut run = started(&link, &released);
    let (end, rows) = follow(&link, &mut run, |_, _| {});
    let rate = run.leak_rate_pa_per_s();
    (end, rows, rate, link.clone())
}

#[test]
fn a_tight_chamber_is_tested_ramped_and_cooled() {
    let (end, rows, rate, link) = run(None);
    assert_eq!(end, End::Complete { deviations: 0 });
    let rate = rate.expect("it was tested");
    assert!((1e-7..1e-5).contains(&rate), "{rate}");
    let parts: Vec<&str> = rows.iter().filter(|row| row.duration_s.is_some()).map(|row| row.event).collect();
    assert_eq!(parts[..4], ["preparation", "leak test", "evacuation", "dose"]);
    assert_eq!(parts.iter().filter(|event| **event == "cool-down").count(), 1);
    let test = rows.iter().find(|row| row.event == "leak test").expect("it is logged");
    assert_eq!((test.planned_duration_s, test.duration_s, test.pump_valve), (Some(60.0), Some(60.0), "closed"));
    assert!(test.message.starts_with("the pressure rose by "), "{}", test.message);
    // From 25 to 250 °C at 10 °C/min takes 22.5 min at least, and as long in the cool-down to 60 °C.
    let lasted = |event: &str| rows.iter().find(|row| row.event == event).and_then(|row| row.duration_s).unwrap_or(0.0);
    assert!(lasted("preparation") >= 22.5 * 60.0 + 600.0, "{}", lasted("preparation"));
    assert!(lasted("cool-down") >= 19.0 * 60.0, "{}", lasted("cool-down"));
    assert!(link.with(Simulator::is_safe));
    let shut = link.with(|simulator| {
        let told = simulator.actuations();
        told.windows(2).filter(|pair| !pair[0].pump_open).map(|pair| pair[1].time_ms - pair[0].time_ms).next()
    });
    assert_eq!(shut, Some(60_000));
}

#[test]
fn every_way_around_leak_test_ramp_and_cool_down_is_seen() {
    use Misbehaviour as M;
    for (fault, words) in [
        (Fault::Leaks { pa_per_s: 2e-4 }, "leak test: the pressure rose by 6."),
        (Fault::Misbehaves(M::IgnoresLeak(200)), "leak test: the pressure rose by "),
        (Fault::Misbehaves(M::StuckGauge), "the gauge is stuck, or is not read"),
        (Fault::Misbehaves(M::SkipsLeakTest), "without a recorded leak test"),
        (
            Fault::Misbehaves(M::PumpsInLeakTest),
            "leak test: the valve to the pump was not commanded closed all the time",
        ),
        (Fault::Misbehaves(M::ShortLeakTest), "leak test lasted 15 s, planned 60 s"),
        (Fault::Misbehaves(M::IgnoresRamps), "changed faster than its ramp of "),
        (Fault::Misbehaves(M::SkipsCoolDown), "no cool-down is recorded"),
        (Fault::Misbehaves(M::EndsCoolDown), "cool-down ended, but heater `block` is "),
        (Fault::Misbehaves(M::NeverCools), "cool-down has lasted "),
    ] {
        let (end, rows, _, link) = run(Some(fault));
        let End::Aborted { reason, missing } = &end else { panic!("{fault:?}: {end:?}") };
        assert!(reason.contains(words), "{fault:?}: {reason}");
        assert_eq!(missing, "", "{fault:?}");
        assert!(link.with(Simulator::is_safe), "{fault:?}");
        assert!(rows.iter().any(|row| row.deviation.contains(words)) || rows.is_empty(), "{fault:?}");
    }
}

#[test]
fn a_leak_ends_the_run_before_the_first_dose_with_the_measured_figure() {
    let (end, rows, rate, link) = run(Some(Fault::Leaks { pa_per_s: 5e-5 }));
    let End::Aborted { reason, .. } = &end else { panic!("{end:?}") };
    assert!(reason.contains("Pa l/s); 1.00e-5 Pa/s at most"), "{reason}");
    assert!(rows.iter().all(|row| row.event != "dose"));
    assert!(link.with(|simulator| simulator.actuations().iter().all(|told| told.valves == 0)));
    let rate = rate.expect("the aborted test is recorded");
    assert!((4e-5..7e-5).contains(&rate), "{rate}");
}

#[test]
fn a_ramp_of_the_reactor_holds_without_one_of_the_recipe() {
    let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").expect("it ships");
    let text = text.replacen("standby_c = 25.0", "standby_c = 25.0\nmax_ramp_c_per_min = 8", 1);
    let reactor = Reactor::from_toml(&text).expect("it reads");
    let released = released_with("lbo_250", 1, "", &reactor);
    for (faults, is_complete) in [(vec![], true), (vec![Fault::Misbehaves(Misbehaviour::IgnoresRamps)], false)] {
        let link = Link::new(Simulator::new(&reactor, faults).with_time_scale(200));
        let (end, _) = follow(&link, &mut started(&link, &released), |_, _| {});
        assert_eq!(matches!(end, End::Complete { .. }), is_complete, "{end:?}");
    }
}

#[test]
fn an_abort_in_leak_test_or_cool_down_is_safe_and_whoever_joins_sees_the_end() {
    let reactor = reactor();
    let released = released_with("lbo_250", 1, TABLES, &reactor);
    let is_shut =
        |simulator: &Simulator| simulator.actuations().last().is_some_and(|told| !told.pump_open && told.valves == 0);
    let is_cooling = |simulator: &Simulator| simulator.read(64, 1).is_ok_and(|state| state == [9]);
    for (name, at) in [("leak test", &is_shut as &dyn Fn(&Simulator) -> bool), ("cool-down", &is_cooling)] {
        // The operator aborts.
        let link = Link::new(Simulator::new(&reactor, vec![]).with_time_scale(20));
        let mut run = started(&link, &released);
        let (end, rows) = follow(&link, &mut run, |link, run| {
            if link.with(at) {
                run.interrupt(Interrupt::Abort);
            }
        });
        assert!(end.to_string().starts_with("aborted by the operator; safe state seen"), "{name}: {end}");
        assert!(rows.iter().any(|row| row.event == name && row.deviation.starts_with("aborted")), "{name}");
        // Another client joins, and sees how it ends.
        let link = Link::new(Simulator::new(&reactor, vec![]).with_time_scale(20));
        let mut run = started(&link, &released);
        let mut watcher = None;
        let (end, _) = follow(&link, &mut run, |link, _| {
            if watcher.is_none() && link.with(at) {
                watcher = Some(Run::watch(&mut link.clone(), link.now_ms(), &released).expect("it watches"));
            }
            if let Some(watcher) = &mut watcher {
                watcher.poll(&mut link.clone(), &mut link.clone());
            }
        });
        assert_eq!(end, End::Complete { deviations: 0 }, "{name}");
        let (end, _) = follow(&link, &mut watcher.expect("somebody joined"), |_, _| {});
        assert_eq!(end, End::Complete { deviations: 0 }, "{name}");
    }
}

/// Whether leak test and cool-down were what was planned, by the simulator's own account alone.
fn was_as_planned(link: &Link, leak_pa_per_s: f64) -> bool {
    let told = link.with(|simulator| simulator.actuations().to_vec());
    let first_dose = told.iter().position(|entry| entry.valves != 0).unwrap_or(told.len());
    let before: Vec<_> = told[..(first_dose + 1).min(told.len())].windows(2).collect();
    let shut_ms: u64 =
        before.iter().filter(|pair| !pair[0].pump_open).map(|pair| pair[1].time_ms - pair[0].time_ms).sum();
    let chamber_c = link.with(Simulator::extremes).chamber_c;
    shut_ms.abs_diff(60_000) <= 100 && leak_pa_per_s <= 1e-5 && chamber_c <= 60.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever leaks and whatever a controller leaves out, "complete" is said only where its own account agrees.
    #[test]
    fn complete_is_said_only_of_a_tight_chamber_that_has_cooled(
        upa_per_s in 0_u32..30,
        goes_on: bool,
        how in prop::option::weighted(0.5, prop::sample::select(vec![
            Misbehaviour::SkipsLeakTest,
            Misbehaviour::PumpsInLeakTest,
            Misbehaviour::ShortLeakTest,
            Misbehaviour::StuckGauge,
            Misbehaviour::SkipsCoolDown,
            Misbehaviour::EndsCoolDown,
        ])),
    ) {
        let pa_per_s = f64::from(upa_per_s) / 1e6;
        let misbehaves = how.or(goes_on.then_some(Misbehaviour::IgnoresLeak(0)));
        let mut faults = vec![Fault::Leaks { pa_per_s }];
        faults.extend(misbehaves.map(Fault::Misbehaves));
        let reactor = reactor();
        let released = released_with("lbo_250", 1, TABLES, &reactor);
        let link = Link::new(Simulator::new(&reactor, faults).with_time_scale(400));
        let (end, _) = follow(&link, &mut started(&link, &released), |_, _| {});
        if matches!(end, End::Complete { .. }) {
            prop_assert!(was_as_planned(&link, pa_per_s), "{:?}", misbehaves);
        } else {
            prop_assert!(how.is_some() || upa_per_s > 5, "{}", end);
        }
        prop_assert!(!end.is_safe() || link.with(Simulator::is_safe));
    }
}
