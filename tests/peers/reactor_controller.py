"""A controller of the register map in docs/REACTOR.md, on pymodbus, with its own step executor.

Written from that document alone, to test a driver that shares no code with it. Step times are computed, so the log of
actuations is exact; the process may run faster than the wall clock, but heartbeats and the watchdog may not.
All its readings are synthetic: register 14 is 1. `--misbehave` makes it do what a broken controller might.
"""

import argparse
import asyncio
import hashlib
import json
import math
import os
import pathlib
import sys
import time
import zlib

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

IDLE, LOADING, READY, PREPARING, RUNNING, HELD, ABORTING, ABORTED, COMPLETE, COOLING = range(10)
NONE, PREPARATION, STEP, HOLD, SAFE_STATE, LEAK_TEST, EVACUATION, COOL_DOWN = range(8)
IN_RUN = (PREPARING, RUNNING, HELD, COOLING)
RING, CLIENTS, IMAGE, LOOPS = 24, 8, 4096, 224
ANY = 2147483647
# Rise of the pressure of the shut chamber without a leak, in uPa/s; of a heater without a ramp, the time to its set-point is none.
OUTGASSING = 2
SAFE = {"valves": 0, "pump": 1, "flows": [0, 0, 0, 0], "plasma": 0}
TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MISBEHAVIOURS = """skips-pumps second-valve wrong-valve pump-shut swaps-steps repeats-steps ends-after plasma flow no-records
    loses-record atmosphere alarm interlock hot peak blink long-step unprepared ignores-abort ignores-pause says-complete
    stays-hot open-after shut-after flow-after plasma-after holds-forever leaks ignores-leak skips-leak-test pumps-in-leak-test
    short-leak-test stuck-gauge ignores-ramps skips-cool-down ends-cool-down never-cools freezes-clock freezes-records
    freezes-counters freezes-part claims-real""".split()


def wide(registers, at):
    return registers[at] << 16 | registers[at + 1]


def signed(registers, at):
    value = wide(registers, at)
    return value - (1 << 32) if value >> 31 else value


def words(value, count=2):
    return [value >> 16 * (count - 1 - place) & 0xFFFF for place in range(count)]


class Part:
    """What was commanded and measured since a part of the run began."""

    def __init__(self, kind, step, cycle, begin):
        self.kind, self.step, self.cycle, self.begin, self.ms = kind, step, cycle, begin, 0
        self.alarms = self.interlocks = self.told = self.seen = self.pump = 0
        self.pressure, self.pressure_sum = [None, 0], 0
        self.flow_sums, self.flow_most = [0] * 4, [0] * 4
        self.plasma_sum = self.plasma_most = 0
        self.heaters = {}

    def add(self, read, ms):
        self.ms += ms
        self.alarms |= read["alarms"]
        self.interlocks |= read["interlocks"]
        self.told |= read["told"]
        self.seen |= read["seen"]
        self.pump |= 2 if read["pump"] else 1
        lowest = self.pressure[0]
        self.pressure = [read["pressure"] if lowest is None else min(lowest, read["pressure"]), max(self.pressure[1], read["pressure"])]
        self.pressure_sum += read["pressure"] * ms
        for mfc, flow in enumerate(read["flows"]):
            self.flow_sums[mfc] += flow * ms
            self.flow_most[mfc] = max(self.flow_most[mfc], flow)
        self.plasma_sum += read["plasma"] * ms
        self.plasma_most = max(self.plasma_most, read["plasma"])
        for heater, value in enumerate(read["heaters"]):
            low, high = self.heaters.get(heater, (value, value))
            self.heaters[heater] = (min(low, value), max(high, value))

    def registers(self, number, how=0):
        length = max(self.ms, 1)
        out = words(number) + [self.kind, self.step, how, self.alarms] + words(self.cycle) + words(self.begin) + words(self.ms)
        out += [self.interlocks, self.told, self.seen, self.pump, self.pump, 0]
        out += words(self.pressure_sum // length, 4) + words(self.pressure[1], 4)
        out += [word for total in self.flow_sums for word in words(round(total / length))]
        out += [word for most in self.flow_most for word in words(most)]
        out += words(round(self.plasma_sum / length)) + words(self.plasma_most) + words(self.pressure[0] or 0, 4) + [0] * 6
        for which in (0, 1):
            for heater in range(16):
                out += words(self.heaters.get(heater, (0, 0))[which] & 0xFFFFFFFF)
        return out


class Controller:
    def __init__(self, options):
        self.options = options
        self.loop_slots, self.step_slots = options.loop_slots, options.step_slots
        self.image = [0] * (LOOPS + 4 * self.loop_slots + 20 * self.step_slots)
        digest = bytes.fromhex(options.digest) if options.digest else hashlib.sha256(
            (TOP / "schemas/reactors" / f"{options.reactor}.toml").read_bytes()).digest()
        self.digest = [int.from_bytes(digest[at:at + 2], "big") for at in range(0, 32, 2)]
        self.how, _, value = (options.misbehave or "").partition(":")
        if self.how and self.how not in MISBEHAVIOURS:
            raise SystemExit(f"unknown misbehaviour {self.how}: one of {', '.join(MISBEHAVIOURS)}")
        self.value = int(value or 0)
        self.state, self.alarms, self.lasting, self.interlocks, self.operator = IDLE, 0, 0, 0, None
        self.command, self.clients = [0] * 5, {}
        self.beat = (None, 0.0)
        self.wall = time.monotonic()
        self.commanded, self.run = dict(SAFE), None
        self.process_ms = self.after_ms = self.step = self.cycle = self.count = 0
        self.in_step_ms = 0
        self.repeated, self.cooled, self.frozen, self.settled_ms = False, False, None, 0
        self.part = None
        self.records = {}
        self.open_ms, self.openings, self.was_open = [0] * 16, [0] * 16, 0
        self.log = open(options.log, "w", encoding="utf-8") if options.log else None

    def does(self, how):
        return self.how == how

    # ---- loading

    def first_step(self):
        return LOOPS + 4 * self.loop_slots

    def used(self):
        return self.first_step() + 20 * self.image[1]

    def checksum(self):
        held = list(self.image[: self.used()])
        held[30] = held[31] = 0
        return zlib.crc32(b"".join(register.to_bytes(2, "big") for register in held))

    def parsed(self):
        image = self.image
        n_steps, n_loops, n_heaters = image[1:4]
        if image[0] != 3 or not 0 < n_steps <= self.step_slots or n_loops > self.loop_slots:
            return None
        if n_heaters != self.options.heaters:
            return None
        loops = []
        for index in range(n_loops):
            at = LOOPS + 4 * index
            first, last, count = image[at], image[at + 1], wide(image, at + 2)
            if not first <= last < n_steps or count < 2:
                return None
            for other in loops:
                apart = last < other[0] or other[1] < first
                if not apart and not (first <= other[0] and other[1] <= last) and not (other[0] <= first and last <= other[1]):
                    return None
            loops.append((first, last, count))
        steps = []
        for index in range(n_steps):
            at = self.first_step() + 20 * index
            if image[at] & 255 not in (1, 2, 3, 4, 5) or image[at + 1] >> self.options.lines:
                return None
            steps.append({
                "kind": image[at] & 255,
                "commanded": {
                    "valves": image[at + 1],
                    "pump": image[at + 2],
                    "flows": [wide(image, at + 6 + 2 * mfc) for mfc in range(4)],
                    "plasma": wide(image, at + 14),
                },
                "begins": image[at] >> 8 & 1,
                "length": wide(image, at + 4),
                "pressure": wide(image, at + 16),
            })
        heaters = range(n_heaters)
        return {
            "steps": steps, "loops": loops, "rounds": [0] * n_loops, "settle": wide(image, 14), "ready": wide(image, 16),
            "base": wide(image, 12), "leak": wide(image, 24), "rise": wide(image, 26) << 32 | wide(image, 28),
            "ramps": [wide(image, 144 + 2 * heater) for heater in heaters],
            "vents": [signed(image, 176 + 2 * heater) for heater in heaters], "cooling": wide(image, 208),
        }

    # ---- readings

    def setpoint(self, heater):
        return signed(self.image, 48 + 2 * heater)

    def temperature(self, heater):
        target, standby = self.setpoint(heater), signed(self.image, 80 + 2 * heater)
        if not self.run:
            return 25000
        if self.state == COOLING:
            return self.ramped(heater, target, standby, self.part.ms)
        if self.state in (PREPARING, RUNNING, HELD):
            target = self.ramped(heater, standby, target, self.process_ms)
            drifts = self.options.drift_at is not None and self.process_ms >= self.options.drift_at
            hot = self.does("hot") and self.state == PREPARING and heater == 0 and self.process_ms < 5000
            peak = self.does("peak") and heater == 0 and self.moment(0)
            return 6482000 if hot else target + (20000 if heater == 0 and (drifts or peak) else 0)
        if self.state == READY or self.does("stays-hot"):
            return standby if self.state == READY else target
        begin = standby if self.cooled else target
        return round(standby + (begin - standby) * math.exp(-self.after_ms / 240e3))

    def ramped(self, heater, begin, end, ms):
        """Temperature on the way from one to the other."""
        if self.state == COOLING and self.does("never-cools"):
            return begin
        ramp = self.run["ramps"][heater]
        if ramp and not self.does("ignores-ramps"):
            most = ramp * ms // 60000
            return max(begin - most, end) if end < begin else min(begin + most, end)
        if self.state == COOLING:
            return round(end + (begin - end) * math.exp(-ms / 240e3))
        return end

    def is_settled(self):
        return all(self.temperature(heater) == self.setpoint(heater) for heater in range(self.options.heaters))

    def shut(self):
        """Pressure of the shut chamber."""
        rate = OUTGASSING + (self.value if self.how in ("leaks", "ignores-leak") else 0)
        return 100 + rate * self.part.ms // 1000

    def moment(self, step):
        return self.state == RUNNING and self.step == step and self.cycle == 1 and 1000 <= self.in_step_ms < 1300

    def now(self):
        """What the instruments show."""
        step = self.run["steps"][self.place()] if self.run and self.commanded["valves"] else None
        pressure = (step["pressure"] or 1000) if step else 100
        if self.part and self.part.kind == LEAK_TEST and not self.commanded["pump"]:
            pressure = self.shut()
        if self.does("stuck-gauge"):
            pressure = 100
        if self.does("atmosphere") and self.state == RUNNING:
            pressure = 101325000000
        blink = 4 if self.does("blink") and self.moment(1) else 0
        return {
            "alarms": self.alarms | self.lasting, "interlocks": self.interlocks, "told": self.commanded["valves"],
            "seen": self.seen() | blink, "pump": self.commanded["pump"], "flows": self.commanded["flows"],
            "plasma": self.commanded["plasma"], "pressure": pressure,
            "heaters": [self.temperature(heater) for heater in range(self.options.heaters)],
        }

    def measure(self, ms):
        read = self.now()
        if self.part:
            self.part.add(read, ms)
        if self.state in (*IN_RUN, ABORTING):
            for line in range(16):
                if read["seen"] >> line & 1:
                    self.open_ms[line] += ms
                    self.openings[line] += not self.was_open >> line & 1
            self.was_open = read["seen"]

    # ---- execution

    def tell(self, commanded):
        self.commanded = {**commanded}
        self.note()

    def note(self):
        if self.log:
            entry = {"ms": self.process_ms, "state": self.state, **self.commanded, "wall": time.time()}
            self.log.write(json.dumps(entry) + "\n")
            self.log.flush()

    def place(self):
        """Entry of the table that is executed."""
        return {0: 1, 1: 0}.get(self.step, self.step) if self.does("swaps-steps") else self.step

    def begin(self, kind):
        in_run = kind in (STEP, HOLD)
        self.part = Part(kind, self.place() if in_run else 0, self.cycle if in_run else 0, self.process_ms)

    def safe(self, state):
        self.state = state
        self.after_ms = 0
        commanded = dict(SAFE)
        if state != HELD:
            if self.does("open-after"):
                commanded["valves"] = 1
            elif self.does("shut-after"):
                commanded["pump"] = 0
            elif self.does("flow-after"):
                commanded["flows"] = [self.value, 0, 0, 0]
            elif self.does("plasma-after"):
                commanded["plasma"] = self.value
        self.tell(commanded)
        self.begin(HOLD if state == HELD else SAFE_STATE)

    def record(self, how):
        if self.does("no-records") or (self.does("freezes-records") and self.count >= self.value):
            return
        self.count += 1
        if self.count == 2 and self.does("loses-record"):
            return
        self.records[(self.count - 1) % RING] = self.part.registers(self.count, how)

    def abort(self, alarm):
        self.alarms |= 1 << alarm
        if self.state in IN_RUN:
            self.record(2)
        self.safe(ABORTING)

    def tell_step(self):
        commanded = dict(self.run["steps"][self.place()]["commanded"])
        if commanded["valves"] and self.does("second-valve"):
            commanded["valves"] |= 2
        elif commanded["valves"] and self.does("wrong-valve"):
            commanded["valves"] = 2
        elif self.does("pump-shut"):
            commanded["pump"] = 0
        elif self.does("plasma"):
            commanded["plasma"] = self.value
        elif self.does("flow"):
            commanded["flows"] = [self.value] * self.options.mfcs + [0] * (4 - self.options.mfcs)
        self.tell(commanded)
        self.begin(STEP)

    def enter(self):
        self.in_step_ms = 0
        self.cycle += self.run["steps"][self.place()]["begins"] and not self.repeated
        self.tell_step()

    def advance(self):
        """Advances the process to the present."""
        now = time.monotonic()
        passed = int((now - self.wall) * 1000)
        self.wall += passed / 1000
        if self.operator is not None and now - self.beat[1] > self.options.watchdog_ms / 1000:
            self.operator = None
            if self.state in IN_RUN:
                self.abort(0)
        left = passed * self.options.time_scale
        while left > 0 and self.state in IN_RUN:
            left -= self.some(left)
            self.freeze()
        if left > 0 and self.state in (ABORTING, ABORTED, COMPLETE):
            self.after_ms += left
            self.measure(left)
        if self.state == ABORTING and not self.stuck():
            self.state = ABORTED
            self.note()

    def some(self, most):
        if self.state == PREPARING:
            return self.prepare(most)
        if self.state == COOLING:
            ms = min(most, 1000)
            self.measure(ms)
            self.process_ms += ms
            self.cool()
            return ms
        if self.state == HELD:
            self.measure(most)
            self.process_ms += most
            return most
        length = self.length()
        # In steps that resolve what happens for a moment.
        ms = max(0, min(most, 100 if self.in_step_ms < 2000 else 1000, length - self.in_step_ms))
        self.measure(ms)
        self.in_step_ms += ms
        self.process_ms += ms
        if self.faults():
            return max(ms, 1)
        if self.does("holds-forever") and self.step == 1 and self.in_step_ms > 1000:
            self.record(1)
            self.safe(HELD)
        elif self.in_step_ms >= length:
            self.record(0)
            self.next_step()
        return max(ms, 1)

    def prepare(self, most):
        ms = max(1, min(most, 100, self.leak_ms() - self.part.ms if self.part.kind == LEAK_TEST else 100))
        settled = self.is_settled()
        self.measure(ms)
        self.process_ms += ms
        self.settled_ms = self.settled_ms + ms if settled else 0
        if self.part.kind == LEAK_TEST:
            rise = self.part.pressure[1] - self.part.pressure[0]
            over = self.part.ms >= self.leak_ms()
            if (rise > self.run["rise"] or (over and rise == 0)) and self.how in ("", "leaks"):
                self.abort(8)
            elif over:
                self.record(0)
                self.tell(SAFE)
                self.begin(EVACUATION)
        elif self.part.kind == EVACUATION or self.settled_ms >= self.run["settle"] or self.does("unprepared"):
            if self.part.kind == EVACUATION and not settled:
                return ms
            self.record(0)
            if self.part.kind == EVACUATION or not self.run["leak"] or self.does("skips-leak-test"):
                self.state = RUNNING
                self.enter()
            else:
                self.tell({**SAFE, "pump": int(self.does("pumps-in-leak-test"))})
                self.begin(LEAK_TEST)
        elif self.process_ms > self.run["ready"]:
            self.abort(5)
        return ms

    def leak_ms(self):
        return self.run["leak"] // 4 if self.does("short-leak-test") else self.run["leak"]

    def finish(self):
        """After the last step."""
        if not self.run["cooling"] or self.does("skips-cool-down"):
            self.safe(COMPLETE)
            return
        self.state, self.cooled = COOLING, True
        self.tell(SAFE)
        self.begin(COOL_DOWN)

    def cool(self):
        below = all(vent == ANY or self.temperature(heater) <= vent for heater, vent in enumerate(self.run["vents"]))
        if below or self.does("ends-cool-down"):
            self.measure(0)
            self.record(0)
            self.cooled = not self.does("ends-cool-down")
            self.safe(COMPLETE)
        elif self.part.ms > self.run["cooling"] and not self.how:
            self.abort(9)

    def freeze(self):
        """Registers that stand still from the second record on."""
        blocks = {"freezes-clock": (74, 4), "freezes-counters": (320, 64), "freezes-part": (192, 120)}
        if self.how in blocks and not self.frozen and self.count >= 2:
            start, length = blocks[self.how]
            self.frozen = (start, self.front()[start:start + length])

    def length(self):
        if self.does("long-step") and self.step == 0:
            return self.value
        return self.run["steps"][self.place()]["length"]

    def next_step(self):
        if self.does("repeats-steps"):
            self.repeated = not self.repeated
            if self.repeated:
                self.enter()
                return
        while True:
            following = self.step + 1
            for index, (first, last, count) in enumerate(self.run["loops"]):
                if last != self.step:
                    continue
                self.run["rounds"][index] += 1
                if self.run["rounds"][index] < count:
                    following = first
                    break
                self.run["rounds"][index] = 0
            steps = self.run["steps"]
            early = self.does("ends-after") and following < len(steps) and steps[following]["begins"] and self.cycle >= self.value
            if following >= len(steps) or early:
                self.finish()
                return
            self.step = following
            if not (self.does("skips-pumps") and steps[following]["kind"] == 3):
                self.enter()
                return

    # ---- faults, at stated process times

    def stuck(self):
        return self.options.stuck_valve is not None and self.process_ms >= self.options.stuck_valve[1]

    def seen(self):
        return self.commanded["valves"] | (1 << self.options.stuck_valve[0] if self.stuck() else 0)

    def faults(self):
        options = self.options
        if options.die_at is not None and self.process_ms >= options.die_at:
            os._exit(9)
        if options.corrupt_at is not None and self.process_ms >= options.corrupt_at:
            options.corrupt_at = None
            self.image[self.used() - 15] ^= 1
        if options.stop_at is not None and self.process_ms >= options.stop_at:
            self.interlocks, self.lasting = 1, 1 << 7
            self.abort(7)
        elif self.stuck() and self.process_ms >= options.stuck_valve[1] + 500 and self.seen() != self.commanded["valves"]:
            self.lasting |= 1 << 3
            self.abort(3)
        elif options.drift_at is not None and self.process_ms >= options.drift_at + 1000:
            self.abort(1)
        elif self.checksum() != self.sealed:
            self.abort(4)
        else:
            return False
        return True

    # ---- requests

    def do(self, command, token):
        resting = self.state in (IDLE, READY, ABORTED, COMPLETE)
        if not 1 <= command <= 8:
            return 7
        if command == 1:
            if self.operator not in (None, token):
                return 4
            self.operator, self.beat = token, (self.beat[0], time.monotonic())
            return 1
        if command not in (6, 8) and self.operator != token:
            return 2
        if command == 2 and (resting or self.state == LOADING):
            self.operator = None
        elif command == 3 and resting:
            self.state, self.alarms, self.run, self.part = LOADING, 0, None, None
            self.image = [0] * len(self.image)
        elif command == 4 and self.state == LOADING:
            run = self.parsed()
            if run is None or self.image[32:48] != self.digest:
                return 5
            if wide(self.image, 30) != self.checksum():
                return 6
            self.run, self.sealed, self.state = run, self.checksum(), READY
        elif command == 5 and self.state == READY:
            if self.interlocks or self.lasting:
                return 8
            self.start()
        elif command == 6 and self.state == RUNNING:
            if not self.does("ignores-pause"):
                self.record(1)
                self.safe(HELD)
        elif command == 7 and self.state == HELD:
            self.record(0)
            self.state = RUNNING
            self.tell_step()
        elif command == 8 and self.state in (LOADING, READY, *IN_RUN):
            if not (self.does("ignores-abort") and self.run):
                self.abort(6)
        else:
            return 3
        return 1

    def start(self):
        self.process_ms = self.step = self.cycle = self.count = self.in_step_ms = self.settled_ms = 0
        self.frozen, self.cooled = None, False
        self.records, self.run = {}, self.parsed()
        self.open_ms, self.openings, self.was_open = [0] * 16, [0] * 16, 0
        self.state = PREPARING
        if self.does("alarm"):
            self.alarms = self.lasting = 1 << 7
        if self.does("interlock"):
            self.interlocks = 2
        self.tell(SAFE)
        self.begin(PREPARATION)

    def order(self, values):
        self.command = list(values)
        token, number = wide(values, 0), values[2]
        last = self.clients.get(token, (0, 0))[0]
        if token == 0 or number != (1 if last == 65535 else last + 1):
            return
        result = self.do(values[3], token)
        self.clients.pop(token, None)
        if len(self.clients) == CLIENTS:
            self.clients.pop(next(client for client in self.clients if client != self.operator))
        self.clients[token] = (number, result)

    def write(self, address, values):
        if address == 32 and len(values) == 5:
            self.order(values)
            return True
        if address == 40 and len(values) == 3:
            if self.operator == wide(values, 0) and values[2] != self.beat[0]:
                self.beat = (values[2], time.monotonic())
            return True
        start = address - IMAGE
        if start < 0 or start + len(values) > len(self.image) or self.state != LOADING:
            return False
        self.image[start:start + len(values)] = values
        return True

    def front(self):
        """Registers 0 to 511."""
        options, front = self.options, [0] * 512

        def put(at, values):
            front[at:at + len(values)] = values

        put(0, words(0x414C4442))
        put(2, [options.map_version, options.lines, options.mfcs, options.heaters, self.step_slots, self.loop_slots, 1])
        put(9, words(options.watchdog_ms))
        front[11], front[14] = RING, int(not self.does("claims-real"))
        put(16, self.digest)
        put(32, self.command)
        frozen = options.freeze_at is not None and self.state == RUNNING and self.process_ms >= options.freeze_at
        read = self.now()
        state = COMPLETE if self.does("says-complete") and self.state == RUNNING and self.count >= 2 else self.state
        put(64, [state, self.alarms, self.lasting, self.interlocks, int(self.operator is not None)])
        front[69] = 1 if frozen else int(time.monotonic() * 20) & 0xFFFF
        front[70] = self.place()
        put(72, words(self.cycle) + words(self.in_step_ms) + words(self.process_ms) + words(self.count))
        if self.run:
            put(80, words(self.checksum()) + self.image[4:12])
        put(90, [read["told"], read["seen"], read["pump"], read["pump"]])
        put(94, words(read["pressure"], 4))
        put(98, [word for value in read["heaters"] for word in words(value & 0xFFFFFFFF)])
        put(130, [word for flow in read["flows"] for word in words(flow)] + words(read["plasma"]))
        for row, (token, (number, result)) in enumerate(self.clients.items()):
            put(140 + 4 * row, words(token) + [number, result])
        if self.part:
            put(192, self.part.registers(self.count + 1))
        put(320, [word for value in self.open_ms + self.openings for word in words(value)])
        if self.frozen:
            put(*self.frozen)
        return front

    def read(self, address, count):
        """These registers; None beyond the last."""
        end = address + count
        if end > IMAGE + len(self.image):
            return None
        if address >= IMAGE:
            return self.image[address - IMAGE:end - IMAGE]
        if end <= 512:
            return self.front()[address:end]
        out = self.front() + [0] * (IMAGE - 512) + self.image
        for place, record in self.records.items():
            out[512 + 120 * place:632 + 120 * place] = record
        return out[address:end]


async def serve(options):
    controller = Controller(options)

    async def action(_function, _start, address, count, registers, values):
        controller.advance()
        if values is not None and not controller.write(address, list(values)):
            return ExcCodes.ILLEGAL_ADDRESS
        held = controller.read(address, count)
        if held is None:
            return ExcCodes.ILLEGAL_ADDRESS
        registers[address:address + count] = held
        return None

    size = IMAGE + len(controller.image)
    device = SimDevice(1, SimData(0, count=size, values=0, datatype=DataType.REGISTERS), action=action)
    server = ModbusTcpServer(device, address=("127.0.0.1", options.port))
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]
    print(json.dumps({"port": port}), flush=True)
    while True:
        await asyncio.sleep(0.002)
        controller.advance()


def at(text):
    valve, _, ms = text.partition("@")
    return int(valve), int(ms)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--reactor", default="high_vacuum")
    for name, default in (("lines", 4), ("mfcs", 1), ("heaters", 8), ("step-slots", 64), ("loop-slots", 16),
                          ("watchdog-ms", 2000), ("time-scale", 1), ("map-version", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name in ("corrupt-at", "drift-at", "die-at", "freeze-at", "stop-at"):
        parser.add_argument(f"--{name}", type=int, metavar="MS", help="process time")
    parser.add_argument("--stuck-valve", type=at, metavar="LINE@MS")
    parser.add_argument("--digest", metavar="HEX", help="SHA-256 of the description [default: of the shipped reactor]")
    parser.add_argument("--misbehave", metavar="HOW[:VALUE]", help=", ".join(MISBEHAVIOURS))
    parser.add_argument("--log", help="file for the actuations")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
