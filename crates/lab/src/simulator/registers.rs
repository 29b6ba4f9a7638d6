//! The registers of the simulated controller, as `docs/REACTOR.md` has them.

use super::part::Kind;
use super::process::Actuators;
use super::{Extremes, Fault, IllegalAddress, Misbehaviour, RING, Simulator, State};

/// A loaded recipe, read from its registers.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) steps: Vec<Step>,
    pub(super) loops: Vec<Over>,
    pub(super) setpoints_c: Vec<f64>,
    pub(super) standby_c: Vec<f64>,
    pub(super) base_pa: f64,
    pub(super) settle_ms: u64,
    pub(super) ready_ms: u64,
    pub(super) tolerance_c: f64,
    pub(super) trips_c: Vec<f64>,
    pub(super) trip_upa: u64,
    pub(super) leak_ms: u64,
    pub(super) rise_upa: u64,
    pub(super) ramps_c_per_min: Vec<f64>,
    pub(super) vents_c: Vec<Option<f64>>,
    pub(super) cooling_ms: u64,
    pub(super) digest: [u16; 16],
    pub(super) stated_checksum: u32,
    pub(super) checksum: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) kind: u16,
    pub(super) commanded: Actuators,
    pub(super) begins_cycle: bool,
    pub(super) length_ms: u64,
    pub(super) dose_pa: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Over {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) count: u32,
}

const IMAGE: usize = 4096;
/// Temperatures of venting from here on do not matter (°C).
const ANY_C: f64 = 2e6;
/// First register of the loops, in an image.
pub(super) const FIRST_LOOP: usize = 224;

fn wide(registers: &[u16], at: usize) -> u32 {
    u32::from(registers[at]) << 16 | u32::from(registers[at + 1])
}

/// SHA-256 in registers.
fn digest_words(digest: &[u8; 32]) -> [u16; 16] {
    std::array::from_fn(|word| u16::from(digest[2 * word]) << 8 | u16::from(digest[2 * word + 1]))
}

impl Image {
    /// The image in these registers, the first of which is 4096; none where its tables are invalid.
    pub(super) fn read(registers: &[u16], step_slots: u16, loop_slots: u16) -> Option<Self> {
        let [version, n_steps, n_loops, n_heaters] = [0, 1, 2, 3].map(|at| usize::from(registers[at]));
        let sizes = n_steps > 0 && n_steps <= usize::from(step_slots) && n_loops <= usize::from(loop_slots);
        if version != 3 || !sizes || n_heaters > 16 {
            return None;
        }
        let first_step = FIRST_LOOP + usize::from(loop_slots) * 4;
        let mut bytes = Vec::new();
        for (at, register) in registers[..first_step + n_steps * 20].iter().enumerate() {
            bytes.extend(if at == 30 || at == 31 { [0, 0] } else { register.to_be_bytes() });
        }
        let mut loops: Vec<Over> = Vec::new();
        for index in 0..n_loops {
            let at = FIRST_LOOP + index * 4;
            let over =
                Over { first: registers[at].into(), last: registers[at + 1].into(), count: wide(registers, at + 2) };
            let crosses = loops.iter().any(|other| {
                let apart = over.last < other.first || other.last < over.first;
                let nested = (over.first <= other.first && other.last <= over.last)
                    || (other.first <= over.first && over.last <= other.last);
                !apart && !nested
            });
            if over.first > over.last || over.last >= n_steps || over.count < 2 || crosses {
                return None;
            }
            loops.push(over);
        }
        let mut steps = Vec::new();
        for index in 0..n_steps {
            let at = first_step + index * 20;
            if !(1..=5).contains(&(registers[at] & 0xff)) || registers[at + 2] > 1 {
                return None;
            }
            steps.push(Step {
                kind: registers[at] & 0xff,
                commanded: Actuators {
                    valves: registers[at + 1],
                    pump_open: registers[at + 2] == 1,
                    flows_msccm: [6, 8, 10, 12].map(|flow| wide(registers, at + flow)),
                    plasma_mw: wide(registers, at + 14),
                },
                begins_cycle: registers[at] & 256 != 0,
                length_ms: wide(registers, at + 4).into(),
                dose_pa: f64::from(wide(registers, at + 16)) / 1e6,
            });
        }
        let temperatures =
            |from: usize| (0..n_heaters).map(move |heater| f64::from(wide(registers, from + 2 * heater) as i32) / 1e3);
        Some(Self {
            steps,
            loops,
            setpoints_c: temperatures(48).collect(),
            standby_c: temperatures(80).collect(),
            trips_c: temperatures(112).collect(),
            leak_ms: wide(registers, 24).into(),
            rise_upa: u64::from(wide(registers, 26)) << 32 | u64::from(wide(registers, 28)),
            ramps_c_per_min: temperatures(144).collect(),
            vents_c: temperatures(176).map(|vent| Some(vent).filter(|vent| *vent < ANY_C)).collect(),
            cooling_ms: wide(registers, 208).into(),
            base_pa: f64::from(wide(registers, 12)) / 1e6,
            settle_ms: wide(registers, 14).into(),
            ready_ms: wide(registers, 16).into(),
            tolerance_c: f64::from(wide(registers, 18)) / 1e3,
            trip_upa: u64::from(wide(registers, 20)) << 32 | u64::from(wide(registers, 22)),
            digest: std::array::from_fn(|word| registers[32 + word]),
            stated_checksum: wide(registers, 30),
            checksum: crc32fast::hash(&bytes),
        })
    }
}

impl Simulator {
    /// Reads holding registers.
    ///
    /// # Errors
    ///
    /// [`IllegalAddress`] beyond the last.
    pub fn read(&self, start: u16, count: u16) -> Result<Vec<u16>, IllegalAddress> {
        let end = u32::from(start) + u32::from(count);
        if end > (IMAGE + self.raw_image.len()) as u32 {
            return Err(IllegalAddress);
        }
        let front = self.front();
        let at = |address: usize| match address {
            address if address < IMAGE => front[address],
            address => self.raw_image[address - IMAGE],
        };
        Ok((usize::from(start)..end as usize).map(at).collect())
    }

    /// Writes holding registers: a command, a heartbeat, or a part of the image.
    ///
    /// # Errors
    ///
    /// [`IllegalAddress`] elsewhere, and for the image in another state than Loading.
    pub fn write(&mut self, start: u16, registers: &[u16]) -> Result<(), IllegalAddress> {
        match (start, registers) {
            (32, [high, low, number, command, zero]) => {
                self.command = [*high, *low, *number, *command, *zero];
                self.carry_out();
                Ok(())
            }
            (40, [high, low, counter]) => {
                let token = u32::from(*high) << 16 | u32::from(*low);
                if self.operator == Some(token) && *counter != self.last_beat.0 {
                    self.last_beat = (*counter, self.wall_ms);
                }
                Ok(())
            }
            (start, registers) => {
                let from = usize::from(start).checked_sub(IMAGE).ok_or(IllegalAddress)?;
                let to = from + registers.len();
                if self.state != State::Loading || to > self.raw_image.len() {
                    return Err(IllegalAddress);
                }
                self.raw_image[from..to].copy_from_slice(registers);
                Ok(())
            }
        }
    }

    fn carry_out(&mut self) {
        let [high, low, number, command, _] = self.command;
        let token = u32::from(high) << 16 | u32::from(low);
        let known = self.clients.iter().position(|(client, ..)| *client == token);
        let last = known.map_or(0, |place| self.clients[place].1);
        let next = if last == u16::MAX { 1 } else { last + 1 };
        if token == 0 || number != next {
            return;
        }
        let result = self.result_of(command, token);
        if let Some(place) = known {
            self.clients.remove(place);
        } else if self.clients.len() == 8 {
            let oldest = self.clients.iter().position(|(client, ..)| Some(*client) != self.operator);
            self.clients.remove(oldest.unwrap_or(0));
        }
        self.clients.push((token, number, result));
    }

    /// Does a command; 1 where it is done.
    fn result_of(&mut self, command: u16, token: u32) -> u16 {
        let at_rest = matches!(self.state, State::Idle | State::Ready | State::Aborted | State::Complete);
        if !matches!(command, 1..=8) {
            return 7;
        }
        if command == 1 {
            if token == 0 || self.operator.is_some_and(|operator| operator != token) {
                return 4;
            }
            self.operator = Some(token);
            self.last_beat.1 = self.wall_ms;
            return 1;
        }
        // Anyone may stop.
        if !matches!(command, 6 | 8) && self.operator != Some(token) {
            return 2;
        }
        match (command, self.state) {
            (2, state) if at_rest || state == State::Loading => self.operator = None,
            (3, _) if at_rest => {
                self.state = State::Loading;
                self.alarms = 0;
                self.begin_part(Kind::None);
                self.image = None;
                self.raw_image.fill(0);
            }
            (4, State::Loading) => return self.activate(),
            (5, State::Ready) if self.interlocks != 0 || self.alarms_present != 0 => return 8,
            (5, State::Ready) => self.start(),
            (6, State::Running) if self.does(Misbehaviour::IgnoresPause) => {}
            (6, State::Running) => self.hold(),
            (7, State::Held) => self.resume(),
            (8, State::Preparing | State::Running | State::Held | State::Cooling)
                if self.does(Misbehaviour::IgnoresAbort) => {}
            (8, State::Loading | State::Ready | State::Preparing | State::Running | State::Held | State::Cooling) => {
                self.abort(6);
            }
            _ => return 3,
        }
        1
    }

    fn activate(&mut self) -> u16 {
        let Some(image) = Image::read(&self.raw_image, self.step_slots, self.loop_slots) else { return 5 };
        if image.stated_checksum != image.checksum {
            return 6;
        }
        if image.digest != digest_words(&self.digest) || image.setpoints_c.len() != usize::from(self.parts[2]) {
            return 5;
        }
        self.activated_checksum = image.checksum;
        self.image = Some(image);
        self.state = State::Ready;
        1
    }

    fn start(&mut self) {
        let Some(image) = &self.image else { return };
        // Ramps begin at the temperature that a heater has.
        self.process.setpoints_c.clone_from(&self.process.temperatures_c);
        self.rounds = vec![0; image.loops.len()];
        self.state = State::Preparing;
        (self.since_start_ms, self.true_ms, self.settled_ms) = (0, 0, 0);
        (self.step, self.in_step_ms, self.cycle, self.record_count) = (0, 0, 0, 0);
        (self.wrong_valves_ms, self.wrong_heater_ms) = (0, 0);
        (self.hidden_ms, self.is_repeated, self.frozen) = (0, false, None);
        (self.open_ms, self.openings, self.was_open) = ([0; 16], [0; 16], 0);
        self.log.clear();
        self.positions.clear();
        self.extremes = Extremes::default();
        match self.misbehaviour() {
            Some(Misbehaviour::Alarm) => (self.alarms, self.alarms_present) = (1 << 7, 1 << 7),
            Some(Misbehaviour::IgnoresInterlock) => self.interlocks = 2,
            _ => {}
        }
        self.ramp(0);
        self.actuate(Actuators::SAFE);
        self.begin_part(Kind::Preparation);
    }

    /// Everything below the image.
    fn front(&self) -> Vec<u16> {
        let mut front = vec![0_u16; IMAGE];
        let put = |front: &mut Vec<u16>, at: usize, value: u32| {
            front[at] = (value >> 16) as u16;
            front[at + 1] = value as u16;
        };
        let long = |front: &mut Vec<u16>, at: usize, value: u64| {
            put(front, at, (value >> 32) as u32);
            put(front, at + 2, value as u32);
        };
        put(&mut front, 0, 0x414C_4442);
        front[2] = 3;
        front[3..6].copy_from_slice(&self.parts);
        front[6..9].copy_from_slice(&[self.step_slots, self.loop_slots, 1]);
        put(&mut front, 9, self.watchdog_ms);
        front[11] = RING as u16;
        front[14] = u16::from(!self.does(Misbehaviour::ClaimsReal));
        front[16..32].copy_from_slice(&digest_words(&self.digest));
        front[32..37].copy_from_slice(&self.command);
        let says_complete =
            self.does(Misbehaviour::SaysComplete) && self.state == State::Running && self.record_count >= 2;
        front[64] = if says_complete { State::Complete as u16 } else { self.state as u16 };
        front[65..68].copy_from_slice(&[self.alarms, self.alarms_present, self.interlocks]);
        front[68] = u16::from(self.operator.is_some());
        let is_stopped = |fault: &Fault| matches!(fault, Fault::HeartbeatStops { at_ms } if self.is_running() && self.since_start_ms >= *at_ms);
        front[69] = if self.faults.iter().any(is_stopped) { 7 } else { (self.wall_ms / 50) as u16 };
        front[70] = self.place() as u16;
        put(&mut front, 72, self.cycle);
        put(&mut front, 74, self.in_step_ms as u32);
        put(&mut front, 76, self.since_start_ms as u32);
        put(&mut front, 78, self.record_count);
        if let Some(image) =
            self.image.as_ref().and_then(|_| Image::read(&self.raw_image, self.step_slots, self.loop_slots))
        {
            put(&mut front, 80, image.checksum);
            front[82..90].copy_from_slice(&self.raw_image[4..12]);
        }
        let reading = self.reading();
        front[90..92].copy_from_slice(&[reading.told.valves, reading.confirmed]);
        front[92..94].copy_from_slice(&[u16::from(reading.told.pump_open), u16::from(reading.pump_confirmed)]);
        long(&mut front, 94, reading.pressure_upa);
        for (heater, temperature) in reading.heaters_mc.iter().enumerate() {
            put(&mut front, 98 + 2 * heater, temperature.cast_unsigned());
        }
        for (mfc, flow) in reading.flows_msccm.iter().enumerate() {
            put(&mut front, 130 + 2 * mfc, *flow);
        }
        put(&mut front, 138, reading.plasma_mw);
        for (row, (token, number, result)) in self.clients.iter().enumerate() {
            put(&mut front, 140 + 4 * row, *token);
            front[142 + 4 * row..144 + 4 * row].copy_from_slice(&[*number, *result]);
        }
        if self.part.kind != Kind::None {
            front[192..312].copy_from_slice(&self.part.registers(self.record_count + 1, 0));
        }
        for line in 0..16 {
            put(&mut front, 320 + 2 * line, self.open_ms[line] as u32);
            put(&mut front, 352 + 2 * line, self.openings[line]);
        }
        for (place, record) in self.records.iter().enumerate() {
            front[512 + 120 * place..632 + 120 * place].copy_from_slice(record);
        }
        if let Some(frozen) = &self.frozen {
            front[frozen.0..frozen.0 + frozen.1.len()].copy_from_slice(&frozen.1);
        }
        front
    }

    /// Registers that stand still from the second record of a run on.
    pub(super) fn freeze(&mut self) {
        let (from, length) = match self.misbehaviour() {
            Some(Misbehaviour::FreezesClock) => (74, 4),
            Some(Misbehaviour::FreezesCounters) => (320, 64),
            Some(Misbehaviour::FreezesPart) => (192, 120),
            _ => return,
        };
        if self.frozen.is_none() && self.record_count >= 2 {
            self.frozen = Some((from, self.front()[from..from + length].to_vec()));
        }
    }
}
