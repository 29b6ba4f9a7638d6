//! The link to a simulated controller, in virtual time, and what every test does over it.

use std::cell::RefCell;
use std::rc::Rc;

use aldb_lab::{Fault, Simulator};
use aldb_recipe::as_run::Row;
use aldb_recipe::session::{self, End, Next, Run};
use aldb_recipe::{Clock, Controller, Lost, Reactor, Recipe, Released, check};

/// The simulator, the time, and what the link does.
pub(crate) struct World {
    simulator: Simulator,
    now_ms: u64,
    /// What becomes of the frames to come; the last holds for all that follow.
    link: Vec<LinkState>,
    frames: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum LinkState {
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

pub(crate) const TOKEN: u32 = 0x0001_2345;
/// A frame takes so long, and one without an answer is waited for so long (ms).
pub(crate) const FRAME_MS: u64 = 1;
pub(crate) const TIME_OUT_MS: u64 = 250;

#[derive(Clone)]
pub(crate) struct Link(Rc<RefCell<World>>);

impl Link {
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self(Rc::new(RefCell::new(World { simulator, now_ms: 0, link: vec![LinkState::Whole], frames: 0 })))
    }

    pub(crate) fn pass(&self, ms: u64) {
        let mut world = self.0.borrow_mut();
        world.now_ms += ms;
        world.simulator.advance(ms);
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&Simulator) -> T) -> T {
        look(&self.0.borrow().simulator)
    }

    pub(crate) fn set(&self, link: Vec<LinkState>) {
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

pub(crate) fn reactor() -> Reactor {
    let (_, text) = Reactor::shipped().into_iter().find(|(name, _)| *name == "high_vacuum").expect("it ships");
    Reactor::from_toml(text).expect("it reads")
}

/// One of the paper's recipes, cut to some runs of its sequence.
pub(crate) fn released(example: &str, cycles: u32) -> Released {
    released_with(example, cycles, "", &reactor())
}

/// The same with further tables, for this reactor.
pub(crate) fn released_with(example: &str, cycles: u32, tables: &str, reactor: &Reactor) -> Released {
    let (_, text) = Recipe::examples().into_iter().find(|(name, _)| *name == example).expect("it ships");
    let text = aldb_recipe::with_entries(text, &[("cycles", Some(cycles.to_string()))]);
    let report = check(&Recipe::from_toml(&format!("{text}\n{tables}")).expect("it reads"), reactor);
    report.released().unwrap_or_else(|| panic!("it may run: {:?}", report.violations)).clone()
}

pub(crate) fn simulator(faults: Vec<Fault>) -> Simulator {
    // The process runs 200 times faster than link and watchdog.
    Simulator::new(&reactor(), faults).with_time_scale(200)
}

/// Loads, and starts.
pub(crate) fn started<'a>(link: &Link, released: &'a Released) -> Run<'a> {
    let (mut controller, mut clock) = (link.clone(), link.clone());
    session::load(&mut controller, &mut clock, released, TOKEN).expect("it loads");
    Run::start(&mut controller, &mut clock, released, TOKEN).expect("it starts")
}

/// Follows a run to its end; `at` is called before each look.
pub(crate) fn follow(link: &Link, run: &mut Run<'_>, mut at: impl FnMut(&Link, &mut Run<'_>)) -> (End, Vec<Row>) {
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
