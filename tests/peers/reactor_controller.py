"""A controller of the register map in docs/REACTOR.md, on pymodbus, with its own step executor.

Written from that document alone, to test a driver that shares no code with it. Step times are computed, so the log of
actuations is exact; the process may run faster than the wall clock, but heartbeats and the watchdog may not.
All its readings are synthetic: register 14 is 1.
"""

import argparse
import asyncio
import json
import os
import sys
import time
import zlib

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

IDLE, LOADING, READY, PREPARING, RUNNING, HELD, ABORTING, ABORTED, COMPLETE = range(9)
RING = 24
SAFE = {"valves": 0, "pump": 1, "flows": [0, 0, 0, 0], "plasma": 0}


def wide(registers, at):
    return registers[at] << 16 | registers[at + 1]


def signed(registers, at):
    value = wide(registers, at)
    return value - (1 << 32) if value >> 31 else value


class Controller:
    def __init__(self, options):
        self.options = options
        self.loop_slots, self.step_slots = options.loop_slots, options.step_slots
        self.image = [0] * (96 + 4 * self.loop_slots + 20 * self.step_slots)
        self.state, self.alarms, self.operator = IDLE, 0, None
        self.command, self.last = [0] * 5, (0, 0, 0)
        self.beat = (None, 0.0)
        self.wall = time.monotonic()
        self.commanded, self.run = dict(SAFE), None
        self.process_ms = self.step = self.cycle = self.count = 0
        self.in_step_ms = self.part_ms = 0
        self.records = {}
        self.log = open(options.log, "w", encoding="utf-8") if options.log else None

    # ---- loading

    def used(self):
        return 96 + 4 * self.loop_slots + 20 * self.image[1]

    def checksum(self):
        held = list(self.image[: self.used()])
        held[30] = held[31] = 0
        return zlib.crc32(b"".join(register.to_bytes(2, "big") for register in held))

    def parsed(self):
        image = self.image
        n_steps, n_loops, n_heaters = image[1:4]
        if image[0] != 1 or not 0 < n_steps <= self.step_slots or n_loops > self.loop_slots:
            return None
        if n_heaters != self.options.heaters:
            return None
        loops = []
        for index in range(n_loops):
            at = 96 + 4 * index
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
            at = 96 + 4 * self.loop_slots + 20 * index
            if image[at] & 255 not in (1, 2, 3, 4, 5) or image[at + 1] >> self.options.lines:
                return None
            steps.append({
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
        return {"steps": steps, "loops": loops, "rounds": [0] * n_loops, "settle": wide(image, 16)}

    # ---- execution

    def tell(self, commanded):
        self.commanded = {**commanded}
        self.note()

    def note(self):
        if self.log:
            entry = {"ms": self.process_ms, "state": self.state, **self.commanded, "wall": time.time()}
            self.log.write(json.dumps(entry) + "\n")
            self.log.flush()

    def safe(self, state):
        self.state = state
        self.tell(SAFE)

    def record(self, how):
        self.count += 1
        step = self.run["steps"][self.step]
        pressure = step["pressure"] or 1000
        temperature = signed(self.image, 32)
        values = [self.count, self.step << 16 | how, self.cycle, self.process_ms - self.part_ms, self.part_ms, pressure,
                  temperature & 0xFFFFFFFF]
        self.records[(self.count - 1) % RING] = [word for value in values for word in (value >> 16, value & 0xFFFF)]

    def abort(self, alarm):
        self.alarms |= 1 << alarm
        if self.state == RUNNING:
            self.record(2)
        self.safe(ABORTING)

    def enter(self):
        step = self.run["steps"][self.step]
        self.in_step_ms = self.part_ms = 0
        self.cycle += step["begins"]
        self.tell(step["commanded"])

    def advance(self):
        """Advances the process to the present."""
        now = time.monotonic()
        passed = int((now - self.wall) * 1000)
        self.wall += passed / 1000
        busy = self.state in (PREPARING, RUNNING, HELD)
        if self.operator is not None and now - self.beat[1] > self.options.watchdog_ms / 1000:
            self.operator = None
            if busy:
                self.abort(0)
        left = passed * self.options.time_scale
        while left > 0 and self.state in (PREPARING, RUNNING, HELD):
            left -= self.some(left)
        if self.state == ABORTING and not self.stuck():
            self.state = ABORTED
            self.note()

    def some(self, most):
        if self.state == PREPARING:
            ms = min(most, max(1, self.run["settle"] - self.process_ms))
            self.process_ms += ms
            if self.process_ms >= self.run["settle"]:
                self.state = RUNNING
                self.enter()
            return ms
        if self.state == HELD:
            self.process_ms += most
            return most
        length = self.run["steps"][self.step]["length"]
        ms = min(most, length - self.in_step_ms)
        self.in_step_ms += ms
        self.part_ms += ms
        self.process_ms += ms
        if self.faults():
            return max(ms, 1)
        if self.in_step_ms >= length:
            self.record(0)
            self.next_step()
        return max(ms, 1)

    def next_step(self):
        following = self.step + 1
        for index, (first, last, count) in enumerate(self.run["loops"]):
            if last != self.step:
                continue
            self.run["rounds"][index] += 1
            if self.run["rounds"][index] < count:
                following = first
                break
            self.run["rounds"][index] = 0
        if following >= len(self.run["steps"]):
            self.safe(COMPLETE)
            return
        self.step = following
        self.enter()

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
        if self.stuck() and self.process_ms >= options.stuck_valve[1] + 500 and self.seen() != self.commanded["valves"]:
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
            if token == 0 or self.operator not in (None, token):
                return 4
            self.operator, self.beat = token, (self.beat[0], time.monotonic())
            return 1
        if command not in (6, 8) and self.operator != token:
            return 2
        if command == 2 and (resting or self.state == LOADING):
            self.operator = None
        elif command == 3 and resting:
            self.state, self.alarms, self.run = LOADING, 0, None
            self.image = [0] * len(self.image)
        elif command == 4 and self.state == LOADING:
            run = self.parsed()
            if run is None or wide(self.image, 12) != zlib.crc32(self.options.reactor.encode()):
                return 5
            if wide(self.image, 30) != self.checksum():
                return 6
            self.run, self.sealed, self.state = run, self.checksum(), READY
        elif command == 5 and self.state == READY:
            self.process_ms = self.step = self.cycle = self.count = self.in_step_ms = self.part_ms = 0
            self.records, self.run = {}, self.parsed()
            self.state = PREPARING
            self.tell(SAFE)
        elif command == 6 and self.state == RUNNING:
            self.record(1)
            self.safe(HELD)
        elif command == 7 and self.state == HELD:
            self.state, self.part_ms = RUNNING, 0
            self.tell(self.run["steps"][self.step]["commanded"])
        elif command == 8 and self.state in (LOADING, READY, PREPARING, RUNNING, HELD):
            self.abort(6)
        else:
            return 3
        return 1

    def write(self, address, values):
        if address == 16 and len(values) == 5:
            self.command = list(values)
            token = wide(values, 0)
            if (values[2], values[1]) != (self.last[0], self.last[2]):
                self.last = (values[2], self.do(values[3], token), values[1])
            return True
        if address == 22 and len(values) == 3:
            if self.operator == wide(values, 0) and values[2] != self.beat[0]:
                self.beat = (values[2], time.monotonic())
            return True
        start = address - 1024
        if start < 0 or start + len(values) > len(self.image) or self.state != LOADING:
            return False
        self.image[start:start + len(values)] = values
        return True

    def registers(self):
        options, front = self.options, [0] * 1024

        def put(at, value):
            front[at], front[at + 1] = value >> 16 & 0xFFFF, value & 0xFFFF

        put(0, 0x414C4442)
        front[2:9] = [options.map_version, options.lines, options.mfcs, options.heaters, self.step_slots, self.loop_slots, 1]
        put(9, options.watchdog_ms)
        front[11] = RING
        put(12, zlib.crc32(options.reactor.encode()))
        front[14] = 1
        front[16:21] = self.command
        front[32], front[33], front[35] = self.last
        front[34] = int(self.operator is not None)
        front[36], front[37] = self.state, self.step
        put(38, self.cycle)
        put(40, self.in_step_ms)
        put(42, self.process_ms)
        frozen = options.freeze_at is not None and self.state == RUNNING and self.process_ms >= options.freeze_at
        front[44] = 1 if frozen else int(time.monotonic() * 20) & 0xFFFF
        front[45] = self.alarms
        front[46], front[47] = self.commanded["valves"], self.seen()
        front[48] = front[49] = self.commanded["pump"]
        step = self.run["steps"][self.step] if self.run and self.commanded["valves"] else None
        put(50, step["pressure"] if step else 1000)
        put(52, self.count)
        if self.run:
            put(54, self.checksum())
            front[56:64] = self.image[4:12]
        drifts = options.drift_at is not None and self.process_ms >= options.drift_at
        for heater in range(options.heaters):
            put(64 + 2 * heater, signed(self.image, 32 + 2 * heater) + (20000 if drifts and heater == 0 else 0))
        for mfc in range(4):
            put(96 + 2 * mfc, self.commanded["flows"][mfc])
        put(104, self.commanded["plasma"])
        for place, record in self.records.items():
            front[128 + 14 * place:142 + 14 * place] = record
        return front + self.image


async def serve(options):
    controller = Controller(options)

    async def action(_function, _start, address, count, registers, values):
        controller.advance()
        if values is not None and not controller.write(address, list(values)):
            return ExcCodes.ILLEGAL_ADDRESS
        held = controller.registers()
        registers[:len(held)] = held
        if address + count > len(held):
            return ExcCodes.ILLEGAL_ADDRESS
        return None

    size = 1024 + len(controller.image)
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
                          ("watchdog-ms", 2000), ("time-scale", 1), ("map-version", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name in ("corrupt-at", "drift-at", "die-at", "freeze-at"):
        parser.add_argument(f"--{name}", type=int, metavar="MS", help="process time")
    parser.add_argument("--stuck-valve", type=at, metavar="LINE@MS")
    parser.add_argument("--log", help="file for the actuations")
    try:
        asyncio.run(serve(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
