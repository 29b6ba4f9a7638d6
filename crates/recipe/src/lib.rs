//! Deposition recipes: reads them, gives each an id computed from its content, checks them against a reactor's
//! limits, compiles them for its controller, exports them, and drives the controller.
//!
//! This crate performs no I/O. Its inputs and outputs are text and registers; the session with a controller is a state
//! machine that returns what to read and write next.

pub mod as_run;
mod canonical;
mod check;
mod conditions;
mod cycles;
mod diff;
mod doses;
mod estimate;
pub mod export;
mod heater_kind;
mod keys;
mod mounted;
mod program;
mod quantity;
mod reactor;
mod recipe;
pub mod register_map;
mod release;
mod rule;
pub mod session;
mod source;
mod template;
mod totals;

pub use check::{Report, Violation, check};
pub use conditions::{Conditions, Cooling, Leak};
pub use cycles::Supercycle;
pub use diff::{Difference, diff};
pub use estimate::{Estimate, PrecursorUse, estimate};
pub use keys::FileFault;
pub use mounted::Mounted;
pub use program::{CompileError, Loop, Outputs, Program, Segment, Slot, Visit, Visits, merged};
pub use quantity::{Milliseconds, whole};
pub use reactor::{
    ApprovalRule, Chamber, ControllerLimits, Gauge, Heater, HeaterKind, Line, MOST_HEATERS, MOST_LINES,
    MOST_LOOP_SLOTS, MOST_MFCS, MOST_STEP_SLOTS, Mfc, PlasmaSource, Reactor, ReactorError, SafeState, Tolerance,
};
pub use recipe::{
    Acceptance, Approval, Block, CoolDown, Cycle, DEEPEST, Expected, Layer, LeakTest, Precursor, PumpValve, Ramp,
    Recipe, RecipeError, Step, StepKind,
};
pub use release::Released;
pub use rule::{Limit, Rule, Severity};
pub use session::{Clock, Controller, Lost};
pub use template::{quoted, with_entries};
