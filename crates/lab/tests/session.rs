//! A session with the simulated controller, over a link that loses, repeats and breaks. Time is virtual.

use std::cell::RefCell;
use std::rc::Rc;

use aldb_lab::{Actuation, Fault, Simulator};
use aldb_recipe::as_run::Row;
use aldb_recipe::session::{self, Command, End, Interrupt, Next, Run, SessionError, Status};
use aldb_recipe::{Clock, Controller, Lost, Reactor, Recipe, Released, check};
use proptest::prelude::*;

/// The simulator, the time, and what the link does.
struct World {
    simulator: Simulator,
    now_ms: u64,
    /// What becomes of the frames to come; the last holds for all that follow.
    link: Vec<LinkState>,
    frames: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum LinkState {
    Whole,
    /// The request is lost.
    Lost,
    /// It arrives, its answer is lost.
    Mute,
    /// It arrives twice.
    Twice,
    /// It arrives late (ms).
    Late(u16),
}

const TOKEN: u32 = 0x0001_2345;
/// A frame takes so long, and one without an answer is waited for so long (ms).
const FRAME_MS: u64 = 1;
const TIME_OUT_MS: u64 = 250;

#[derive(Clone)]
struct Link(Rc<RefCell<World>>);

impl Link {
    fn new(simulator: Simulator) -> Self {
        Self(Rc::new(RefCell::new(World { simulator, now_ms: 0, link: vec![LinkState::Whole], frames: 0 })))
    }

    fn pass(&self, ms: u64) {
        let mut world = self.0.borrow_mut();
        world.now_ms += ms;
        world.simulator.advance(ms);
    }

    fn with<T>(&self, look: impl FnOnce(&Simulator) -> T) -> T {
        look(&self.0.borrow().simulator)
    }

    fn set(&self, link: Vec<LinkState>) {
        let mut world = self.0.borrow_mut();
        world.link = link;
        world.frames = 0;
    }

    fn frame<T>(&self, act: impl Fn(&mut Simulator) -> Result<T, aldb_lab::IllegalAddress>) -> Result<T, Lost> {
        let state = {
            let mut world = self.0.borrow_mut();
            let place = world.frames.min(world.link.len() - 1);
            world.frames += 1;
            world.link[place]
        };
        let lost = || Lost::new("no answer".to_owned());
        if self.with(Simulator::is_dead) || state == LinkState::Lost {
            self.pass(TIME_OUT_MS);
            return Err(lost());
        }
        if let LinkState::Late(ms) = state {
            self.pass(u64::from(ms));
        }
        self.pass(FRAME_MS);
        let mut answer = act(&mut self.0.borrow_mut().simulator);
        if state == LinkState::Twice {
            answer = act(&mut self.0.borrow_mut().simulator);
        }
        if state == LinkState::Mute {
            self.pass(TIME_OUT_MS);
            return Err(lost());
        }
        answer.map_err(|_| Lost::refused("illegal data address".to_owned()))
    }
}

impl Controller for Link {
    fn read(&mut self, start: u16, count: u16) -> Result<Vec<u16>, Lost> {
        assert!(count <= 120, "{count} registers at once");
        self.frame(|simulator| simulator.read(start, count))
    }

    fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), Lost> {
        assert!(registers.len() <= 120, "{} registers at once", registers.len());
        self.frame(|simulator| simulator.write(start, registers))
    }
}

impl Clock for Link {
    fn now_ms(&self) -> u64 {
        self.0.borrow().now_ms
    }

    fn wait_ms(&mut self, ms: u64) {
        self.pass(ms);
    }
}

fn reactor() -> Reactor {
    let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").expect("it ships");
    Reactor::from_toml(text).expect("it reads")
}

/// One of the paper's recipes, cut to some runs of its sequence.
fn released(example: &str, cycles: u32) -> Released {
    let (_, text) = Recipe::examples().into_iter().find(|(name, _)| *name == example).expect("it ships");
    let text = aldb_recipe::with_entries(text, &[("cycles", Some(cycles.to_string()))]);
    check(&Recipe::from_toml(&text).expect("it reads"), &reactor()).released().expect("it may run").clone()
}

fn simulator(faults: Vec<Fault>) -> Simulator {
    // The process runs 200 times faster than link and watchdog.
    Simulator::new(&reactor(), faults).with_time_scale(200)
}

/// Loads, and starts.
fn started<'a>(link: &Link, released: &'a Released) -> Run<'a> {
    let (mut controller, mut clock) = (link.clone(), link.clone());
    session::load(&mut controller, &mut clock, released, TOKEN).expect("it loads");
    Run::start(&mut controller, &mut clock, released, TOKEN).expect("it starts")
}

/// Follows a run to its end; `at` is called before each look.
fn follow(link: &Link, run: &mut Run<'_>, mut at: impl FnMut(&Link, &mut Run<'_>)) -> (End, Vec<Row>) {
    let (mut controller, mut clock) = (link.clone(), link.clone());
    let mut rows = Vec::new();
    for _ in 0..2_000_000 {
        at(link, run);
        let next = run.poll(&mut controller, &mut clock);
        rows.extend(run.take_rows());
        match next {
            Next::Over(end) => return (end, rows),
            Next::At(ms) => clock.wait_ms(ms.saturating_sub(clock.now_ms()).max(1)),
        }
    }
    panic!("the run has no end");
}

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
    matches!(end, End::Aborted { reason, safe_state_confirmed: true } if reason.contains(words))
}

fn dose_s(rows: &[Row], precursor: &str) -> f64 {
    rows.iter().filter(|row| row.precursor == precursor).filter_map(|row| row.duration_s).sum()
}

#[test]
fn every_recipe_of_the_paper_runs_as_it_was_planned() {
    for (example, _) in Recipe::examples() {
        let released = released(example, 2);
        let link = Link::new(simulator(vec![]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        assert_eq!(end, End::Complete, "{example}");
        let (planned, executed) = traces(&link, &released);
        assert_eq!(planned, executed, "{example}");
        assert!(link.with(Simulator::is_safe), "{example}");
        let steps = rows.iter().filter(|row| row.planned_duration_s.is_some()).count();
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
        (Fault::NoVacuum, "base pressure"),
        (Fault::WrongClock { factor: 1.1 }, "lasted"),
    ] {
        let link = Link::new(simulator(vec![fault]));
        let (end, rows) = follow(&link, &mut started(&link, &released), |_, _| {});
        let End::Aborted { reason, safe_state_confirmed } = &end else { panic!("{fault:?}: {end:?}") };
        assert!(reason.contains(words), "{fault:?}: {reason}");
        // A valve that is stuck open cannot be confirmed closed, and the end reports it.
        assert_eq!(*safe_state_confirmed, !matches!(fault, Fault::StuckValve { open: true, .. }), "{fault:?}");
        assert_eq!(rows.last().map(|row| row.event), Some("end"), "{fault:?}");
        assert!(rows.iter().any(|row| !row.deviation.is_empty()), "{fault:?}");
        assert!(link.with(|simulator| simulator.actuations().last().is_some_and(|last| last.valves == 0)));
    }
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
    assert_eq!(end, End::Complete);
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
            assert!(link.with(Simulator::is_safe), "held, every valve is closed");
            held_at = None;
            run.interrupt(Interrupt::Resume);
        }
    });
    assert_eq!(end, End::Complete);
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
    assert_eq!(error.to_string(), "expected a controller with register map 1, found map 2");
    let error = session::load(&mut Wrong(link.clone(), 13), &mut clock, &lbo, TOKEN).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the controller is not that of reactor `high_vacuum`: its name differs; check --reactor and the address"
    );
    session::load(&mut link.clone(), &mut clock, &lbo, TOKEN).unwrap();
    let lpo = released("lpo_300", 1);
    let error = Run::start(&mut link.clone(), &mut clock, &lpo, TOKEN).unwrap_err();
    assert!(error.to_string().ends_with("load it first"), "{error}");
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
        if end == End::Complete {
            let (planned, executed) = traces(&link, &released);
            prop_assert_eq!(planned, executed);
        }
    }
}
