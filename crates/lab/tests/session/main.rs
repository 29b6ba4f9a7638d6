//! A session with the simulated controller, over a link that loses, repeats and breaks. Time is virtual.

mod around;
mod link;

use aldb_lab::{Actuation, Fault, Misbehaviour, Simulator};
use aldb_recipe::as_run::Row;
use aldb_recipe::session::{self, Command, End, Interrupt, Run, SessionError, Status};
use aldb_recipe::{Clock, Controller, Lost, Recipe, Released};
use proptest::prelude::*;

use link::{Link, LinkState, TOKEN, follow, released, simulator, started};

/// Open valves, the valve to the pump, and for how long (ms).
type Trace = Vec<(u16, bool, u64)>;

/// The actuators' outputs over time, as the recipe plans them and as they were, from the first step on.
fn traces(link: &Link, released: &Released) -> (Trace, Trace) {
    let planned: Trace = released
        .program()
        .trace()
        .map(|segment| (segment.outputs.valves, segment.outputs.pump_open, segment.duration_ms))
        .collect();
    let log: Vec<Actuation> = link.with(|simulator| simulator.actuations().to_vec());
    // The first entry is the preparation, the last the safe state.
    let mut executed: Trace = Vec::new();
    for pair in log[1..].windows(2) {
        let length = pair[1].time_ms - pair[0].time_ms;
        match executed.last_mut() {
            Some(last) if (last.0, last.1) == (pair[0].valves, pair[0].pump_open) => last.2 += length,
            _ => executed.push((pair[0].valves, pair[0].pump_open, length)),
        }
    }
    (planned, executed)
}

fn is_aborted(end: &End, words: &str) -> bool {
    matches!(end, End::Aborted { reason, missing } if reason.contains(words) && missing.is_empty())
}

fn dose_s(rows: &[Row], precursor: &str) -> f64 {
    rows.iter().filter(|row| row.event == "dose" && row.precursor == precursor).filter_map(|row| row.duration_s).sum()
}

#[test]
fn every_recipe_of_the_paper_runs_as_it_was_planned() {
    for (example, _) in Recipe::examples() {
        let released = released(example, 2);
        let link = Link::new(simulator(vec![]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        assert_eq!(end, End::Complete { deviations: 0 }, "{example}");
        let (planned, executed) = traces(&link, &released);
        assert_eq!(planned, executed, "{example}");
        assert!(link.with(Simulator::is_safe), "{example}");
        let steps = rows.iter().filter(|row| row.step.is_some() && row.planned_duration_s.is_some()).count();
        assert_eq!(steps, released.program().visits().count(), "{example}: every step is in the log");
        assert!(rows.iter().all(|row| row.deviation.is_empty()), "{example}: {rows:?}");
    }
}

#[test]
fn every_fault_of_the_reactor_ends_in_the_safe_state_with_its_reason() {
    let released = released("lbo_250", 8);
    let at_ms = 1_900_000;
    for (fault, words) in [
        (Fault::StuckValve { line: 0, open: true, at_ms }, "valve"),
        (Fault::StuckValve { line: 1, open: false, at_ms }, "valve"),
        (Fault::Drift { heater: 0, at_ms }, "heater"),
        (Fault::Corrupt { at_ms }, "recipe"),
        (Fault::Stop { at_ms }, "interlock"),
        (Fault::NoVacuum, "base pressure"),
        (Fault::WrongClock { factor: 1.1 }, "lasted"),
    ] {
        let link = Link::new(simulator(vec![fault]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        let End::Aborted { reason, missing } = &end else { panic!("{fault:?}: {end:?}") };
        assert!(reason.contains(words), "{fault:?}: {reason}");
        // A valve that is stuck open cannot be confirmed closed, and a pressed emergency stop stays pressed: the end says so.
        let is_unsafe = matches!(fault, Fault::StuckValve { open: true, .. } | Fault::Stop { .. });
        assert_eq!(!missing.is_empty(), is_unsafe, "{fault:?}: {missing}");
        assert_eq!(rows.last().map(|row| row.event), Some("end"), "{fault:?}");
        assert!(rows.iter().any(|row| !row.deviation.is_empty()), "{fault:?}");
        assert!(link.with(|simulator| simulator.actuations().last().is_some_and(|last| last.valves == 0)));
    }
}

/// Every way to misbehave, the words of the reason, and words for what is missing for the safe state.
fn misbehaviours() -> Vec<(Misbehaviour, &'static str, &'static str)> {
    use Misbehaviour as M;
    vec![
        (M::SkipsPumps, "step 2 of cycle 1 (pump)", ""),
        (M::SecondValve(1), "valve `V2` was commanded open, planned closed", ""),
        (M::WrongValve(1), "valve `V2` was commanded open, planned closed", ""),
        (M::PumpShut, "valve to the pump was not commanded open", ""),
        (M::SwapsSteps, "step 2 of cycle 0 (pump)", ""),
        (M::RepeatsSteps, "step 1 of cycle 1 (dose)", ""),
        (M::EndsAfter(1), "6 of 18 steps are recorded", ""),
        (M::Plasma(300_000), "power of the plasma was 300.0 W, planned 0 W", ""),
        (M::Flow(0), "flow of `MFC1` was 0.0 sccm, planned 20 sccm", ""),
        (M::Flow(100_000), "flow of `MFC1` was 100.0 sccm, planned 20 sccm", ""),
        (M::NoRecords, "no preparation is recorded", ""),
        (M::LosesRecord, "record 2 is not in the ring", ""),
        (M::Atmosphere, "the pressure reached 1.013e5 Pa", ""),
        (
            M::Alarm,
            "the controller reports the alarm `hardware interlock open`",
            "the alarm `hardware interlock open` lasts",
        ),
        (M::IgnoresInterlock, "open interlock: interlock 1", "an interlock is open"),
        (M::Hot(0), "heater `block` reached 6482.0 °C, 300 °C at most", ""),
        (M::Peak(0), "heater `block` was 26", ""),
        (M::Blink(2), "valve `V3`", ""),
        (M::Blink(0), "valve `V1` opened 2 times, planned 1 times", ""),
        (M::LongStep(1_940_000), "step 1 of cycle 1 (dose)", ""),
        (M::HiddenLongStep(1_940_000), "valve `V1` has been open for", ""),
        (M::Unprepared, "preparation lasted", ""),
        (M::SaysComplete, "complete, but", ""),
        (M::StaysHot, "all steps were executed", "heater `block` is 250.0 °C and was not seen to fall"),
        (M::OpenAfter(0), "all steps were executed", "the valve of line 1 is not closed"),
        (M::ShutAfter, "all steps were executed", "the valve to the pump is not open"),
        (M::FlowAfter(20_000), "all steps were executed", "the flow of mass flow controller 1 is 20 sccm"),
        (M::PlasmaAfter(100_000), "all steps were executed", "the power of the plasma is 100 W"),
        (M::HoldsForever, "hold in step 2 of cycle 1 (pump) has lasted", ""),
        (M::FreezesClock, "the clock of the controller shows ", ""),
        (M::FreezesRecords(3), "by the records it is at step 3 of cycle 1", ""),
        (M::FreezesCounters, "by its counter valve `V2` was open for 0 s since the start, by the records for 5 s", ""),
        (M::FreezesPart, "the present part stands still", ""),
        (M::ClaimsReal, "the controller counted", ""),
    ]
}

#[test]
fn every_misbehaviour_of_a_controller_is_seen() {
    let released = released("lbo_250", 3);
    for (how, words, unsafe_words) in misbehaviours() {
        let link = Link::new(simulator(vec![Fault::Misbehaves(how)]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        let End::Aborted { reason, missing } = &end else { panic!("{how:?}: {end:?}") };
        assert!(reason.contains(words), "{how:?}: {reason}");
        assert_eq!(missing.is_empty(), unsafe_words.is_empty(), "{how:?}: {missing}");
        assert!(missing.contains(unsafe_words), "{how:?}: {missing}");
        assert_eq!(end.to_string().contains("THE SAFE STATE WAS NOT SEEN"), !missing.is_empty(), "{how:?}");
        assert!(rows.iter().any(|row| row.event == "sum"), "{how:?}");
    }
}

#[test]
fn a_controller_that_acknowledges_an_abort_or_a_pause_and_goes_on_is_seen() {
    let released = released("lbo_250", 200);
    for (how, interrupt, words) in [
        (Misbehaviour::IgnoresAbort, Interrupt::Abort, "aborted by the operator"),
        (Misbehaviour::IgnoresPause, Interrupt::Pause, "acknowledged a pause and goes on"),
    ] {
        let link = Link::new(simulator(vec![Fault::Misbehaves(how)]));
        let mut run = started(&link, &released);
        let mut is_asked = false;
        let (end, _) = follow(&link, &mut run, |link, run| {
            if !is_asked && link.with(|simulator| simulator.actuations().len() > 2) {
                is_asked = true;
                run.interrupt(interrupt);
            }
        });
        let End::Aborted { reason, missing } = &end else { panic!("{how:?}: {end:?}") };
        assert!(reason.contains(words), "{how:?}: {reason}");
        assert_eq!(missing.is_empty(), how == Misbehaviour::IgnoresPause, "{how:?}: {missing}");
    }
    // Another client's abort is not taken for done either.
    let link = Link::new(simulator(vec![Fault::Misbehaves(Misbehaviour::IgnoresAbort)]));
    let mut run = started(&link, &released);
    let (mut other, mut clock) = (link.clone(), link.clone());
    while link.with(|simulator| simulator.actuations().len() < 3) {
        run.poll(&mut link.clone(), &mut link.clone());
        clock.wait_ms(10);
    }
    session::command(&mut other, &mut clock, TOKEN + 1, Command::Abort).unwrap();
    let identity = session::identify(&mut other).unwrap();
    let mut safety = session::Safety::loaded(&mut other, &identity).unwrap();
    let began_ms = clock.now_ms();
    let missing = loop {
        run.poll(&mut link.clone(), &mut link.clone());
        let missing = safety.missing(&Status::read(&mut other).unwrap());
        if clock.now_ms() > began_ms + 3000 {
            break missing;
        }
        clock.wait_ms(100);
    };
    assert!(missing.to_string().contains("the controller is running"), "{missing}");
}

#[test]
fn a_resent_resume_does_not_undo_the_pause_of_another_client() {
    let released = released("lbo_250", 3);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let (mut controller, mut clock) = (link.clone(), link.clone());
    while link.with(|simulator| simulator.actuations().len() < 3) {
        run.poll(&mut controller, &mut clock);
        clock.wait_ms(10);
    }
    session::command(&mut controller, &mut clock, TOKEN, Command::Pause).unwrap();
    session::command(&mut controller, &mut clock, TOKEN, Command::Resume).unwrap();
    session::command(&mut controller, &mut clock, TOKEN + 1, Command::Pause).unwrap();
    // The frames of claim, start, pause and resume, as a slow network may repeat them.
    for (number, code) in [(1, 1), (2, 5), (3, 6), (4, 7)] {
        controller.write(32, &[1, 0x2345, number, code, 0]).unwrap();
    }
    assert_eq!(Status::read(&mut controller).unwrap().state.name(), "held");
}

#[test]
fn slow_answers_are_survived_or_refused_with_the_reason() {
    let lbo = released("lbo_250", 1);
    let link = Link::new(simulator(vec![]));
    let (mut controller, mut clock) = (link.clone(), link.clone());
    link.set(vec![LinkState::Late(300)]);
    session::load(&mut controller, &mut clock, &lbo, TOKEN).unwrap();
    let mut run = Run::start(&mut controller, &mut clock, &lbo, TOKEN).unwrap();
    let (end, _) = follow(&link, &mut run, |_, _| {});
    assert_eq!(end, End::Complete { deviations: 0 });
    link.set(vec![LinkState::Late(1000)]);
    let error = session::load(&mut controller, &mut clock, &lbo, TOKEN).unwrap_err().to_string();
    assert!(error.starts_with("the controller answers after 1001 ms, expected 666 ms at most"), "{error}");
    link.set(vec![LinkState::Late(500)]);
    session::load(&mut controller, &mut clock, &lbo, TOKEN).unwrap();
    let error = Run::start(&mut controller, &mut clock, &lbo, TOKEN).unwrap_err().to_string();
    assert!(error.starts_with("the controller answers after 501 ms, expected 400 ms at most"), "{error}");
}

#[test]
fn of_two_loads_at_once_one_wins() {
    /// Another client that tries to load at every tenth transfer of the first one.
    struct Rival(Link, u32, Vec<Result<session::Identity, SessionError>>, Released, bool);
    impl Rival {
        fn step(&mut self) {
            self.1 += 1;
            if self.1.is_multiple_of(10) && !self.4 {
                let token = TOKEN + self.1;
                self.2.push(session::load(&mut self.0.clone(), &mut self.0.clone(), &self.3, token));
            }
        }
    }
    impl Controller for Rival {
        fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
            self.step();
            self.0.read(start, count)
        }
        fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost> {
            // Once the first one has released the controller, another load may follow.
            self.4 |= start == 32 && registers[3] == 2;
            self.step();
            self.0.write(start, registers)
        }
    }
    let link = Link::new(simulator(vec![]));
    let mut rival = Rival(link.clone(), 0, Vec::new(), released("lpo_300", 1), false);
    let lbo = released("lbo_250", 1);
    session::load(&mut rival, &mut link.clone(), &lbo, TOKEN).unwrap();
    assert!(rival.2.len() >= 2);
    for refused in &rival.2 {
        let why = refused.as_ref().unwrap_err().to_string();
        assert!(why.contains("claimed by another operator"), "{why}");
    }
    session::verify(&mut link.clone(), &lbo).unwrap();
}

#[test]
fn a_start_without_an_answer_has_a_log() {
    let released = released("lbo_250", 1);
    let link = Link::new(simulator(vec![]));
    let (mut controller, mut clock) = (link.clone(), link.clone());
    session::load(&mut controller, &mut clock, &released, TOKEN).unwrap();
    let mut run = Run::claim(&mut controller, &mut clock, &released, TOKEN).unwrap();
    link.set(vec![LinkState::Lost]);
    run.begin(&mut controller, &mut clock).unwrap_err();
    let rows = run.take_rows();
    assert_eq!(rows.last().map(|row| row.event), Some("end"));
    assert!(rows.last().unwrap().message.contains("the start got no answer"), "{rows:?}");
}

/// Whether the run was what was planned, by the simulator's own account alone.
fn was_as_planned(link: &Link, released: &Released) -> bool {
    let (planned, executed) = traces(link, released);
    let (reactor, program) = (released.reactor(), released.program());
    let extremes = link.with(Simulator::extremes);
    let tolerance = reactor.tolerance.temperature_c;
    let is_within = extremes.above_trip_c <= 0.0
        && extremes.off_setpoint_c <= tolerance
        && extremes.pressure_pa <= 1000.0
        && extremes.prepared_ms >= u64::from(program.settle_ms)
        && !extremes.is_alarmed;
    let gases = |flows: [u32; 4], plasma: u32| (flows, plasma);
    let mut planned_gases: Vec<_> =
        program.slots.iter().map(|slot| gases(slot.outputs.flows_msccm, slot.outputs.plasma_mw)).collect();
    planned_gases.push(([0; 4], 0));
    let log = link.with(|simulator| simulator.actuations().to_vec());
    let positions = link.with(|simulator| simulator.positions().to_vec());
    let told_at = |position: &Actuation| {
        let recent = log.iter().rev().skip_while(|entry| entry.time_ms > position.time_ms);
        let recent: Vec<_> = recent.collect();
        let until =
            recent.iter().position(|entry| entry.time_ms + 200 < position.time_ms).map_or(recent.len(), |at| at + 1);
        recent[..until].iter().fold(0, |valves, entry| valves | entry.valves)
    };
    // As far as the description lets durations deviate, and open times in total.
    let is_same = planned.len() == executed.len()
        && planned.iter().zip(&executed).all(|(planned, executed)| {
            planned.0 == executed.0 && planned.1 == executed.1 && planned.2.abs_diff(executed.2) <= 650
        });
    is_same
        && is_within
        && log.iter().all(|entry| planned_gases.contains(&gases(entry.flows_msccm, entry.plasma_mw)))
        && positions.iter().all(|position| position.valves & !told_at(position) == 0)
}

#[test]
fn a_controller_that_dies_or_hangs_is_reported_as_contact_lost() {
    let released = released("lbo_250", 8);
    for fault in [Fault::Dies { at_ms: 1_900_000 }, Fault::HeartbeatStops { at_ms: 1_900_000 }] {
        let link = Link::new(simulator(vec![fault]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        assert!(matches!(&end, End::ContactLost { watchdog_ms: 2000, .. }), "{fault:?}: {end:?}");
        assert_eq!(rows.last().map(|row| row.event), Some("end"));
    }
}

#[test]
fn a_client_that_is_killed_in_a_dose_leaves_closed_valves_within_the_watchdog_time() {
    let released = released("lbo_250", 8);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let (mut controller, mut clock) = (link.clone(), link.clone());
    while link.with(|simulator| simulator.actuations().last().is_none_or(|last| last.valves == 0)) {
        run.poll(&mut controller, &mut clock);
        clock.wait_ms(1);
    }
    drop(run);
    link.pass(2000 + 50);
    assert!(link.with(Simulator::is_safe) && !link.with(Simulator::is_running));
    assert_eq!(Status::read(&mut controller).unwrap().state.name(), "aborted");
}

#[test]
fn a_connection_cut_for_good_ends_in_the_controller_s_own_safe_state() {
    let released = released("lbo_250", 8);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let mut cut = false;
    let (end, rows) = follow(&link, &mut run, |link, _| {
        if !cut && link.with(|simulator| simulator.actuations().len() > 4) {
            cut = true;
            link.set(vec![LinkState::Lost]);
        }
    });
    assert!(matches!(end, End::ContactLost { .. }), "{end:?}");
    assert!(link.with(Simulator::is_safe) && !link.with(Simulator::is_running));
    assert!(rows.iter().any(|row| row.event == "lost"));
}

#[test]
fn a_connection_restored_in_time_does_not_affect_the_run() {
    let released = released("lbo_250", 2);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let mut cut = false;
    let (end, rows) = follow(&link, &mut run, |link, _| {
        if !cut && link.with(|simulator| simulator.actuations().len() > 4) {
            cut = true;
            link.set(vec![LinkState::Lost, LinkState::Lost, LinkState::Whole]);
        }
    });
    assert_eq!(end, End::Complete { deviations: 0 });
    let (planned, executed) = traces(&link, &released);
    assert_eq!(planned, executed);
    assert!(rows.iter().any(|row| row.message == "contact restored"));
}

#[test]
fn an_operator_who_aborts_sees_the_safe_state() {
    let released = released("lbo_250", 8);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let (end, _) = follow(&link, &mut run, |link, run| {
        if link.with(|simulator| simulator.actuations().len() > 6) {
            run.interrupt(Interrupt::Abort);
        }
    });
    assert!(is_aborted(&end, "aborted by the operator"), "{end:?}");
    assert!(link.with(Simulator::is_safe));
}

#[test]
fn a_dose_that_is_held_and_resumed_has_its_planned_duration_in_total() {
    let released = released("lbo_250", 1);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let (mut paused, mut held_at) = (false, None);
    let (end, rows) = follow(&link, &mut run, |link, run| {
        let open = link.with(|simulator| simulator.actuations().last().is_some_and(|last| last.valves == 1));
        if open && !paused {
            paused = true;
            run.interrupt(Interrupt::Pause);
            held_at = Some(link.now_ms());
        }
        if held_at.is_some_and(|at| link.now_ms() > at + 1500) {
            let last = link.with(|simulator| simulator.actuations().last().copied());
            assert!(last.is_some_and(|last| last.valves == 0 && last.pump_open), "held, every valve is closed");
            held_at = None;
            run.interrupt(Interrupt::Resume);
        }
    });
    assert_eq!(end, End::Complete { deviations: 0 });
    assert!((dose_s(&rows, "LiHMDS") - 20.0).abs() < 1e-9, "{rows:?}");
    assert!(rows.iter().any(|row| row.deviation == "held"));
}

#[test]
fn a_second_operator_is_refused_but_may_abort() {
    let released = released("lbo_250", 8);
    let link = Link::new(simulator(vec![]));
    let mut run = started(&link, &released);
    let (mut other, mut clock) = (link.clone(), link.clone());
    let refused = session::load(&mut other, &mut clock, &released, TOKEN + 1).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the controller refused the command `claim`: claimed by another operator; wait for its release or its watchdog"
    );
    let refused = session::command(&mut other, &mut clock, TOKEN + 1, Command::Resume).unwrap_err();
    assert!(matches!(refused, SessionError::Refused { .. }));
    session::command(&mut other, &mut clock, TOKEN + 1, Command::Abort).unwrap();
    let (end, _) = follow(&link, &mut run, |_, _| {});
    assert!(is_aborted(&end, "aborted by a client"), "{end:?}");
}

#[test]
fn a_start_whose_answer_is_lost_starts_once() {
    let released = released("lbo_250", 1);
    let link = Link::new(simulator(vec![]));
    let (mut controller, mut clock) = (link.clone(), link.clone());
    session::load(&mut controller, &mut clock, &released, TOKEN).unwrap();
    session::command(&mut controller, &mut clock, TOKEN, Command::Claim).unwrap();
    // Its state is read, the command arrives, its answer does not; then it is sent again, twice.
    link.set(vec![LinkState::Whole, LinkState::Mute, LinkState::Twice, LinkState::Whole]);
    session::command(&mut controller, &mut clock, TOKEN, Command::Start).unwrap();
    let status = Status::read(&mut controller).unwrap();
    assert_eq!(status.state.name(), "preparing");
    assert!(status.since_start_ms >= 200 * 250, "it was not started again: {}", status.since_start_ms);
}

#[test]
fn a_different_map_reactor_or_recipe_is_refused() {
    struct Wrong(Link, u16);
    impl Controller for Wrong {
        fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
            let mut found = self.0.read(start, count)?;
            if start == 0 {
                found[usize::from(self.1)] += 1;
            }
            Ok(found)
        }
        fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost> {
            self.0.write(start, registers)
        }
    }
    let link = Link::new(simulator(vec![]));
    let (lbo, mut clock) = (released("lbo_250", 1), link.clone());
    let error = session::load(&mut Wrong(link.clone(), 2), &mut clock, &lbo, TOKEN).unwrap_err();
    assert_eq!(error.to_string(), "expected a controller with register map 3, found map 4");
    let error = session::load(&mut Wrong(link.clone(), 16), &mut clock, &lbo, TOKEN).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the controller is not that of reactor `high_vacuum`: it holds the description with digest "),
        "{error}"
    );
    session::load(&mut link.clone(), &mut clock, &lbo, TOKEN).unwrap();
    let lpo = released("lpo_300", 1);
    let error = Run::start(&mut link.clone(), &mut clock, &lpo, TOKEN).unwrap_err();
    assert!(error.to_string().ends_with("load it first"), "{error}");
}

fn misbehaving() -> impl Strategy<Value = Vec<Fault>> {
    use Misbehaviour as M;
    let at = 1_400_000_u64..2_200_000;
    let misbehaviour = prop_oneof![
        prop::sample::select(misbehaviours().into_iter().map(|(how, ..)| how).collect::<Vec<_>>()),
        (0_usize..4).prop_map(M::SecondValve),
        (0_usize..4).prop_map(M::WrongValve),
        (0_usize..4).prop_map(M::Blink),
        (0_usize..8).prop_map(M::Peak),
        (0_usize..8).prop_map(M::Hot),
        (0_u32..4).prop_map(M::EndsAfter),
        (1_001_u32..400_000).prop_map(M::Plasma),
        (0_u32..100_000).prop_map(M::Flow),
        (1_u64..100_000).prop_map(M::LongStep),
        (1_u64..100_000).prop_map(M::HiddenLongStep),
        (1_001_u32..100_000).prop_map(M::FlowAfter),
        Just(M::IgnoresAbort),
    ];
    let fault = prop_oneof![
        (0_usize..4, any::<bool>(), at.clone()).prop_map(|(line, open, at_ms)| Fault::StuckValve { line, open, at_ms }),
        (0_usize..8, at.clone()).prop_map(|(heater, at_ms)| Fault::Drift { heater, at_ms }),
        at.clone().prop_map(|at_ms| Fault::Corrupt { at_ms }),
        at.prop_map(|at_ms| Fault::Stop { at_ms }),
        (0.9_f64..1.1).prop_map(|factor| Fault::WrongClock { factor }),
    ];
    (prop::option::weighted(0.8, misbehaviour), prop::collection::vec(fault, 0..2)).prop_map(|(how, mut faults)| {
        faults.extend(how.map(Fault::Misbehaves));
        faults
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    /// Whatever a controller does, "complete" and "safe" are said only where its own account agrees.
    #[test]
    fn complete_and_safe_are_said_only_of_what_happened(faults in misbehaving(), asks in prop::option::of(3_usize..12)) {
        let released = released("lbo_250", 2);
        let link = Link::new(simulator(faults.clone()));
        let mut run = started(&link, &released);
        let mut asks = asks;
        let (end, _) = follow(&link, &mut run, |link, run| {
            if asks.is_some_and(|after| link.with(|simulator| simulator.actuations().len() > after)) {
                asks = None;
                run.interrupt(Interrupt::Abort);
            }
        });
        if matches!(end, End::Complete { .. }) {
            prop_assert!(was_as_planned(&link, &released), "{:?}", faults);
        } else if faults.is_empty() {
            prop_assert!(end.to_string().starts_with("aborted by the operator"), "{}", end);
        }
        if end.is_safe() {
            prop_assert!(link.with(Simulator::is_safe) && !link.with(Simulator::is_running), "{:?}: {}", faults, end);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Whatever the link does, a run ends complete or safe, and no precursor flows without a heartbeat.
    #[test]
    fn whatever_the_link_does_the_end_is_safe(frames in prop::collection::vec(prop_oneof![
        20 => Just(LinkState::Whole),
        2 => Just(LinkState::Lost),
        2 => Just(LinkState::Mute),
        3 => Just(LinkState::Twice),
        3 => (0_u16..900).prop_map(LinkState::Late),
    ], 1..120), comes_back: bool) {
        let released = released("lbpo_cr050", 1);
        let link = Link::new(simulator(vec![]));
        let mut run = started(&link, &released);
        let mut frames = frames;
        frames.push(if comes_back { LinkState::Whole } else { LinkState::Lost });
        link.set(frames);
        let (end, rows) = follow(&link, &mut run, |_, _| {});
        // The watchdog's time after the last word.
        link.pass(2000 + 50);
        prop_assert!(link.with(Simulator::is_safe) && !link.with(Simulator::is_running), "{:?}", end);
        prop_assert_eq!(rows.last().map(|row| row.event), Some("end"));
        if matches!(end, End::Complete { .. }) {
            let (planned, executed) = traces(&link, &released);
            prop_assert_eq!(planned, executed);
        }
    }
}
