//! The register map for communication with a controller, version 3. `docs/REACTOR.md` describes it.

use crate::conditions::{Conditions, Cooling, Leak};
use crate::program::{Loop, Outputs, Program, Slot};
use crate::quantity::thousandths;
use crate::reactor::{MOST_HEATERS, MOST_LINES, MOST_LOOP_SLOTS, MOST_MFCS, MOST_STEP_SLOTS, Reactor};
use crate::recipe::StepKind;

/// `ALDB`.
pub const MAGIC: u32 = 0x414C_4442;
/// Version of the map, and of the image.
pub const VERSION: u16 = 3;
/// Most registers in one read or write.
pub const MOST_AT_ONCE: usize = 120;
/// First register and number of them: identity.
pub const IDENTITY: (u16, u16) = (0, 32);
/// Commands.
pub const COMMAND: (u16, u16) = (32, 5);
/// Heartbeat of the operator.
pub const HEARTBEAT: (u16, u16) = (40, 3);
/// State.
pub const STATE: (u16, u16) = (64, 108);
/// The last command of each client: first register, registers of each, number of clients.
pub const CLIENTS: (u16, u16, u16) = (140, 4, 8);
/// The present part of the run.
pub const PRESENT: (u16, u16) = (192, 120);
/// Counters of the precursor valves.
pub const COUNTERS: (u16, u16) = (320, 64);
/// First register of the ring of records, and registers of each.
pub const RECORDS: (u16, u16) = (512, 120);
/// Most entries of the ring.
pub const MOST_RECORDS: u16 = 29;
/// First register of the image.
pub const IMAGE: u16 = 4096;
/// In an image: its checksum.
pub const CHECKSUM: u16 = IMAGE + 30;
/// In an image: the digest of the reactor's description.
pub const DIGEST: u16 = IMAGE + 32;
/// In an image: set-points, standby and trip temperatures of the heaters.
pub const SETPOINTS: u16 = IMAGE + 48;
/// Standby.
pub const STANDBY: u16 = SETPOINTS + 32;
/// Trip temperatures.
pub const TRIPS: u16 = STANDBY + 32;
/// Highest ramp rates of the heaters.
pub const RAMPS: u16 = TRIPS + 32;
/// Temperatures at or below which a cool-down ends.
pub const VENTS: u16 = RAMPS + 32;
/// The longest cool-down, and unused registers.
pub const COOLING: u16 = VENTS + 32;
/// First register of the loops.
pub const LOOPS: u16 = COOLING + 16;
/// In an image: a temperature that does not matter (thousandths of °C).
pub const ANY_MC: i32 = i32::MAX;
/// Registers of a loop.
pub const LOOP: u16 = 4;
/// Registers of a step.
pub const STEP: u16 = 20;
/// In a step's kind: a cycle begins.
const BEGINS_CYCLE: u16 = 256;

/// Number of addresses of a controller.
const ADDRESSES: usize = 1 << 16;
/// The largest tables have addresses.
const _: () = assert!(
    LOOPS as usize + MOST_LOOP_SLOTS as usize * LOOP as usize + MOST_STEP_SLOTS as usize * STEP as usize <= ADDRESSES
);

/// The high word first.
#[must_use]
pub fn words(value: u32) -> [u16; 2] {
    [(value >> 16) as u16, value as u16]
}

/// The value of two registers; 0 beyond the end.
#[must_use]
pub fn value(registers: &[u16], at: usize) -> u32 {
    let word = |place: usize| u32::from(registers.get(place).copied().unwrap_or(0));
    word(at) << 16 | word(at + 1)
}

/// The value of four registers, highest word first; 0 beyond the end.
#[must_use]
pub fn long(registers: &[u16], at: usize) -> u64 {
    u64::from(value(registers, at)) << 32 | u64::from(value(registers, at + 2))
}

/// The signed value of two registers.
#[must_use]
pub fn signed(registers: &[u16], at: usize) -> i32 {
    value(registers, at).cast_signed()
}

/// A digest in registers, the first byte first.
#[must_use]
pub fn digest_words(digest: &[u8; 32]) -> [u16; 16] {
    std::array::from_fn(|word| u16::from_be_bytes([digest[2 * word], digest[2 * word + 1]]))
}

/// CRC-32 of an image, with its own checksum as 0.
#[must_use]
pub fn checksum(image: &[u16]) -> u32 {
    let place = usize::from(CHECKSUM - IMAGE);
    let mut hasher = crc32fast::Hasher::new();
    for (index, register) in image.iter().enumerate() {
        let own = index == place || index == place + 1;
        hasher.update(&if own { [0, 0] } else { register.to_be_bytes() });
    }
    hasher.finalize()
}

/// The 128 bits of a recipe id; null if there is none.
#[must_use]
pub fn id_words(recipe_id: &str) -> Option<[u16; 8]> {
    let mut words = [0; 8];
    if recipe_id.len() != 32 || !recipe_id.is_ascii() {
        return None;
    }
    for (word, digits) in words.iter_mut().zip(recipe_id.as_bytes().chunks(4)) {
        *word = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(words)
}

/// A recipe id from its registers.
#[must_use]
pub fn id_text(words: &[u16]) -> String {
    words.iter().map(|word| format!("{word:04x}")).collect()
}

fn kind_code(kind: StepKind) -> u16 {
    match kind {
        StepKind::Dose => 1,
        StepKind::Purge => 2,
        StepKind::Pump => 3,
        // A parallel step is compiled into its parts.
        StepKind::Wait | StepKind::Parallel => 4,
        StepKind::Plasma => 5,
    }
}

/// The kind of a step, by its code.
#[must_use]
pub fn kind_of(code: u16) -> Option<StepKind> {
    match code {
        1 => Some(StepKind::Dose),
        2 => Some(StepKind::Purge),
        3 => Some(StepKind::Pump),
        4 => Some(StepKind::Wait),
        5 => Some(StepKind::Plasma),
        _ => None,
    }
}

/// The image of a program: registers from [`IMAGE`] on.
///
/// # Errors
///
/// [`ImageError`] with a value that its registers cannot hold.
pub fn encode(program: &Program, reactor: &Reactor) -> Result<Vec<u16>, ImageError> {
    let [n_steps, n_loops, n_heaters] =
        sizes([program.slots.len(), program.loops.len(), program.setpoints_mc.len()], reactor)?;
    let wrong = |register: u16, expected: &str, found: String| ImageError {
        register: register.into(),
        expected: expected.to_owned(),
        found,
    };
    let id = id_words(&program.recipe_id)
        .ok_or_else(|| wrong(IMAGE + 4, "a recipe id of 32 hexadecimal digits", format!("`{}`", program.recipe_id)))?;
    let no_trip = || wrong(IMAGE + 20, "a trip pressure of 1 µPa or more", "none".to_owned());
    let trip_upa = reactor.pressure_trip_upa().ok_or_else(no_trip)?;
    let mut image = vec![0_u16; usize::from(LOOPS - IMAGE)];
    let mut put = |address: u16, words: &[u16]| {
        let at = usize::from(address - IMAGE);
        image[at..at + words.len()].copy_from_slice(words);
    };
    put(IMAGE, &[VERSION, n_steps, n_loops, n_heaters]);
    put(IMAGE + 4, &id);
    put(IMAGE + 12, &words(program.base_pressure_upa));
    put(IMAGE + 14, &words(program.settle_ms));
    put(IMAGE + 16, &words(reactor.tolerance.ready.0));
    put(IMAGE + 18, &words(celsius(IMAGE + 18, reactor.tolerance.temperature_c)?));
    put(IMAGE + 20, &words((trip_upa >> 32) as u32));
    put(IMAGE + 22, &words(trip_upa as u32));
    let conditions = &program.conditions;
    if let Some(leak) = conditions.leak {
        put(IMAGE + 24, &words(leak.duration_ms));
        put(IMAGE + 26, &words((leak.rise_upa >> 32) as u32));
        put(IMAGE + 28, &words(leak.rise_upa as u32));
    }
    put(DIGEST, &digest_words(&reactor.digest));
    for (at, ramp) in (0..).step_by(2).zip(conditions.ramps_mc_per_min.iter().take(MOST_HEATERS)) {
        put(RAMPS + at, &words(*ramp));
    }
    if let Some(cooling) = &conditions.cooling {
        put(COOLING, &words(cooling.longest_ms));
        for (at, vent) in (0..).step_by(2).zip(cooling.vent_mc.iter().take(MOST_HEATERS)) {
            put(VENTS + at, &words(vent.unwrap_or(ANY_MC).cast_unsigned()));
        }
    }
    for (at, (setpoint, heater)) in (0..).step_by(2).zip(program.setpoints_mc.iter().zip(&reactor.heaters)) {
        let no_trip = || wrong(TRIPS + at, "a trip temperature", format!("`max_c` {} °C", heater.max_c));
        put(SETPOINTS + at, &words(setpoint.cast_unsigned()));
        put(STANDBY + at, &words(celsius::<i32>(STANDBY + at, heater.standby_c)?.cast_unsigned()));
        put(TRIPS + at, &words(reactor.trip_mc(heater, *setpoint).ok_or_else(no_trip)?.cast_unsigned()));
    }
    for over in &program.loops {
        image.extend([over.first, over.last]);
        image.extend(words(over.count));
    }
    let steps = usize::from(LOOPS - IMAGE) + usize::from(reactor.controller.loop_slots) * usize::from(LOOP);
    image.resize(steps, 0);
    for slot in &program.slots {
        let kind = kind_code(slot.kind) + if slot.begins_cycle { BEGINS_CYCLE } else { 0 };
        image.extend([kind, slot.outputs.valves, u16::from(slot.outputs.pump_open), 0]);
        image.extend(words(slot.duration_ms));
        image.extend(slot.outputs.flows_msccm.iter().flat_map(|flow| words(*flow)));
        image.extend(words(slot.outputs.plasma_mw));
        image.extend(words(slot.dose_pressure_upa));
        image.extend([0, 0]);
    }
    let checksum = words(checksum(&image));
    image[usize::from(CHECKSUM - IMAGE)..usize::from(CHECKSUM + 2 - IMAGE)].copy_from_slice(&checksum);
    let end = usize::from(IMAGE) + image.len();
    if end > ADDRESSES {
        return Err(wrong(IMAGE + 1, "tables that end at register 65535 at most", format!("an end at {}", end - 1)));
    }
    Ok(image)
}

/// Thousandths of a temperature for a register.
fn celsius<T: TryFrom<i64>>(register: u16, value: f64) -> Result<T, ImageError> {
    thousandths(value).ok_or_else(|| ImageError {
        register: register.into(),
        expected: "°C with three decimals at most".to_owned(),
        found: value.to_string(),
    })
}

/// The numbers of steps, loops and heaters, if the controller has room for them.
fn sizes(found: [usize; 3], reactor: &Reactor) -> Result<[u16; 3], ImageError> {
    let limits = reactor.controller;
    let most = [limits.step_slots.into(), limits.loop_slots.into(), reactor.heaters.len().min(MOST_HEATERS)];
    let mut sizes = [0; 3];
    for (place, (n, most)) in found.into_iter().zip(most).enumerate() {
        sizes[place] = u16::try_from(n).ok().filter(|_| n <= most).ok_or_else(|| ImageError {
            register: usize::from(IMAGE) + 1 + place,
            expected: format!("{most} at most"),
            found: n.to_string(),
        })?;
    }
    Ok(sizes)
}

/// Why registers are not an image, or cannot hold one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("register {register}: expected {expected}, found {found}")]
pub struct ImageError {
    /// Address.
    pub register: usize,
    /// The expected content.
    pub expected: String,
    /// The content found.
    pub found: String,
}

/// Reads an image back to a program of this reactor.
///
/// # Errors
///
/// [`ImageError`] with the first invalid register.
pub fn decode(image: &[u16], reactor: &Reactor) -> Result<Program, ImageError> {
    const BASE: usize = IMAGE as usize;
    let at = |address: usize| image.get(address - usize::from(IMAGE)).copied().unwrap_or(0);
    let wide = |address: usize| value(image, address - usize::from(IMAGE));
    let wrong = |register: usize, expected: String, found: String| Err(ImageError { register, expected, found });
    if at(BASE) != VERSION {
        return wrong(BASE, format!("version {VERSION}"), at(BASE).to_string());
    }
    let (n_steps, n_loops, n_heaters) =
        (usize::from(at(BASE + 1)), usize::from(at(BASE + 2)), usize::from(at(BASE + 3)));
    sizes([n_steps, n_loops, n_heaters], reactor)?;
    let steps = usize::from(LOOPS) + usize::from(reactor.controller.loop_slots) * usize::from(LOOP);
    let end = steps + n_steps * usize::from(STEP);
    if image.len() != end - usize::from(IMAGE) {
        let found = image.len() + usize::from(IMAGE);
        return wrong(found, format!("the end at {end}"), format!("the end at {found}"));
    }
    let place = usize::from(CHECKSUM);
    if wide(place) != checksum(image) {
        return wrong(place, format!("checksum {:#010x}", checksum(image)), format!("{:#010x}", wide(place)));
    }
    let digest = usize::from(DIGEST - IMAGE);
    if image[digest..digest + 16] != digest_words(&reactor.digest) {
        let expected = format!("the digest of the description of reactor `{}`", reactor.name);
        return wrong(digest + BASE, expected, "another".to_owned());
    }
    let mut loops = Vec::with_capacity(n_loops);
    for index in 0..n_loops {
        let from = usize::from(LOOPS) + index * usize::from(LOOP);
        let over = Loop { first: at(from), last: at(from + 1), count: wide(from + 2) };
        if over.first > over.last || usize::from(over.last) >= n_steps || over.count < 2 || !nests(&loops, over) {
            return wrong(from, "a loop over existing steps, nested or disjoint".to_owned(), format!("{over:?}"));
        }
        loops.push(over);
    }
    let mut slots = Vec::with_capacity(n_steps);
    for index in 0..n_steps {
        let from = steps + index * usize::from(STEP);
        let code = at(from);
        let Some(kind) = kind_of(code & !BEGINS_CYCLE) else {
            return wrong(from, "a kind of step".to_owned(), code.to_string());
        };
        let pump = at(from + 2);
        if pump > 1 || at(from + 3) != 0 || at(from + 18) != 0 || at(from + 19) != 0 {
            return wrong(from + 2, "0 or 1, and 0 in unused fields".to_owned(), pump.to_string());
        }
        slots.push(Slot {
            kind,
            begins_cycle: code & BEGINS_CYCLE != 0,
            outputs: Outputs {
                valves: at(from + 1),
                pump_open: pump == 1,
                flows_msccm: std::array::from_fn::<u32, MOST_MFCS, _>(|mfc| wide(from + 6 + 2 * mfc)),
                plasma_mw: wide(from + 14),
            },
            duration_ms: wide(from + 4),
            dose_pressure_upa: wide(from + 16),
        });
    }
    let known = 1_u32.checked_shl(reactor.lines.len().min(MOST_LINES) as u32).unwrap_or(0).wrapping_sub(1);
    if let Some(index) = slots.iter().position(|slot| u32::from(slot.outputs.valves) & !known != 0) {
        let from = steps + index * usize::from(STEP) + 1;
        return wrong(from, format!("valves of {} lines", reactor.lines.len()), at(from).to_string());
    }
    Ok(Program {
        recipe_id: id_text(&image[4..12]),
        reactor: reactor.name.clone(),
        setpoints_mc: (0..n_heaters).map(|heater| wide(usize::from(SETPOINTS) + 2 * heater).cast_signed()).collect(),
        base_pressure_upa: wide(BASE + 12),
        settle_ms: wide(BASE + 14),
        slots,
        loops,
        conditions: conditions(image, n_heaters),
    })
}

/// Leak test, ramps and cool-down of an image.
fn conditions(image: &[u16], n_heaters: usize) -> Conditions {
    let wide = |address: u16| value(image, usize::from(address - IMAGE));
    let leak = Leak { duration_ms: wide(IMAGE + 24), rise_upa: long(image, 26) };
    let longest_ms = wide(COOLING);
    let of_heaters = |from: u16| (0..n_heaters).map(move |heater| value(image, usize::from(from - IMAGE) + 2 * heater));
    let vent_mc = of_heaters(VENTS).map(|vent| Some(vent.cast_signed()).filter(|vent| *vent != ANY_MC)).collect();
    Conditions {
        leak: (leak.duration_ms > 0).then_some(leak),
        ramps_mc_per_min: of_heaters(RAMPS).collect(),
        cooling: (longest_ms > 0).then_some(Cooling { vent_mc, longest_ms }),
    }
}

/// Whether a loop is around, within or separate from all earlier ones; of loops with the same end, the inner comes
/// first.
fn nests(before: &[Loop], over: Loop) -> bool {
    before.iter().all(|inner| {
        let apart = inner.last < over.first || over.last < inner.first;
        let within = over.first <= inner.first && inner.last <= over.last;
        let around = inner.first <= over.first && over.last < inner.last;
        apart || within || around
    })
}
