"""Drives a controller that shares no code with aldb through faults of the connection, and compares execution with plan.

    ALDB_BIN=target/release/aldb python tests/peers/drive_reactor.py

needs pymodbus and jsonschema. Prints a line for each scenario; the exit status is 1 if one fails.
"""

import concurrent.futures
import csv
import io
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import jsonschema

from fault_proxy import FaultProxy

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
ALDB = os.environ.get("ALDB_BIN", str(TOP / "target/release/aldb"))
REACTOR = "high_vacuum"
WATCHDOG_S = 2.0
VALVES = {"V1": 1, "V2": 2, "V3": 4, "V4": 8}


class Controller:
    """A controller in a separate process."""

    def __init__(self, folder, *options, scale=400):
        self.log = folder / f"actuations-{time.monotonic_ns()}.jsonl"
        command = [sys.executable, str(HERE / "reactor_controller.py"), "--log", str(self.log)]
        self.process = subprocess.Popen(
            [*command, "--time-scale", str(scale), *options], stdout=subprocess.PIPE, text=True
        )
        self.port = json.loads(self.process.stdout.readline())["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def actuations(self):
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def wait_for(self, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for entry in self.actuations():
                if what(entry):
                    return entry
            time.sleep(0.01)
        raise AssertionError("the controller did not reach the expected state")

    def wait_for_dose(self):
        return self.wait_for(lambda entry: entry["valves"] != 0)

    def last(self, seconds=0):
        time.sleep(seconds)
        return self.actuations()[-1]


def aldb(lake, *arguments, wait=True):
    command = [ALDB, "--lake", str(lake), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not wait:
        return process
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def load(lake, recipe, port):
    code, _, err = aldb(lake, "reactor", "load", str(recipe), "--reactor", REACTOR, "--at", f"127.0.0.1:{port}")
    assert code == 0, err


def start(lake, recipe, port, run, *more, wait=True):
    at = f"127.0.0.1:{port}"
    return aldb(lake, "reactor", "start", str(recipe), "--reactor", REACTOR, "--at", at, "--run-id", run, *more, wait=wait)


def mounted(folder):
    """A file of what is mounted for an example, and the options with which an operator confirms it."""
    path = folder / "mounted.toml"
    path.write_text("".join(
        f'[[mounted]]\nvalve = "{valve}"\nprecursor = "{name}"\nbottle = "B-{valve}"\nlot = "7"\ndate = "2026-11-20"\n'
        for valve, name in (("V1", "LiHMDS"), ("V2", "H2O"), ("V3", "TMB"))
    ))
    return ("--mounted", str(path)), tuple(f"--bottle=V{line}=B-V{line}" for line in (1, 2, 3))


def short(folder, name, cycles):
    """An example with another number of cycles: a different recipe with the same steps."""
    text = (TOP / "schemas/recipes" / f"{name}.toml").read_text()
    text = re.sub(r"(?m)^(target_thickness_nm|cycles) = .*\n", "", text)
    text = re.sub(r"(?m)^settle_s = 600$", f"settle_s = 600\ncycles = {cycles}", text)
    path = folder / f"{name}-{cycles}.toml"
    path.write_text(text)
    return path


def planned(lake, recipe):
    """(valves, pump, ms) as aldb unrolls the recipe, with equal successive states merged."""
    code, out, err = aldb(lake, "recipe", "unroll", str(recipe), "--reactor", REACTOR, "--format", "csv")
    assert code == 0, err
    trace = []
    for row in csv.DictReader(io.StringIO(out)):
        valves = sum(VALVES[name] for name in row["valves"].split("+") if name)
        state = (valves, int(row["pump_valve"] == "open"), round(float(row["mfc1_flow_sccm"]) * 1000))
        add(trace, state, round(float(row["duration_s"]) * 1000))
    return trace


def executed(controller):
    """The same from the controller's own log, from the first step to the safe state at the end."""
    trace, entries = [], controller.actuations()
    first = next(index for index, entry in enumerate(entries) if entry["state"] == 4)
    for now, after in zip(entries[first:], entries[first + 1:]):
        add(trace, (now["valves"], now["pump"], now["flows"][0]), after["ms"] - now["ms"])
    return trace


def add(trace, state, ms):
    if trace and trace[-1][0] == state:
        trace[-1] = (state, trace[-1][1] + ms)
    elif ms:
        trace.append((state, ms))


def log_rows(lake, run):
    """Rows of the as-run log; an incomplete last line is not a row."""
    text = (lake / "run_logs" / f"{run}.csv").read_text()
    assert text.startswith("# aldb as-run log 2\n"), text[:40]
    lines = [line for line in text.split("\n")[:-1] if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert all(None not in row and None not in row.values() for row in rows), "an incomplete row"
    return rows


def closed(controller, since, within=WATCHDOG_S):
    """Waits until the valves are closed and the pump is on; returns the time after `since` (wall clock) in ms."""
    deadline = time.time() + within + 3
    while time.time() < deadline:
        last = controller.last()
        if last["state"] in (6, 7) and last["valves"] == 0:
            assert last["pump"] == 1 and last["flows"] == [0, 0, 0, 0] and last["plasma"] == 0, last
            took = next(e["wall"] for e in controller.actuations() if e["state"] in (6, 7)) - since
            assert took <= within + 0.25, f"{took} s"
            return max(0.0, took * 1000)
        time.sleep(0.01)
    raise AssertionError(f"not safe: {controller.last()}")


def every_recipe_runs_as_planned(folder, lake):
    names = sorted(path.stem for path in (TOP / "schemas/recipes").glob("*.toml"))
    segments = 0
    for name in names:
        recipe = short(folder, name, 2)
        with Controller(folder) as controller:
            load(lake, recipe, controller.port)
            code, _, err = start(lake, recipe, controller.port, f"plain-{name}")
            assert code == 0, f"{name}: {err}"
            plan = planned(lake, recipe)
            assert executed(controller) == plan, f"{name}\n{plan[:6]}\n{executed(controller)[:6]}"
            rows = [row for row in log_rows(lake, f"plain-{name}") if row["step"] and row["planned_duration_s"]]
            assert all(row["planned_duration_s"] == row["duration_s"] for row in rows), name
            segments += len(plan)
    return f"{len(names)} recipes, {segments} segments, each to the millisecond"


def delayed_and_repeated_frames_change_nothing(folder, lake):
    recipe = short(folder, "lbpo_cr017", 2)
    with Controller(folder) as controller:
        proxy = FaultProxy(("127.0.0.1", controller.port), seed=7, delay=(0.2, 0.1), repeat=0.3)
        load(lake, recipe, proxy.port)
        code, _, err = start(lake, recipe, proxy.port, "delayed")
        assert code == 0, err
        assert executed(controller) == planned(lake, recipe)
    return "30 % repeated, 20 % late by 100 ms"


def lost_frames_end_complete_or_safe(folder, lake):
    recipe = short(folder, "lbo_250", 2)
    with Controller(folder) as controller:
        proxy = FaultProxy(("127.0.0.1", controller.port), seed=3)
        load(lake, recipe, proxy.port)
        proxy.drop = 0.05
        code, _, err = start(lake, recipe, proxy.port, "lossy")
        last = controller.last(WATCHDOG_S + 0.5)
        assert last["valves"] == 0 and last["state"] in (7, 8), last
    return f"5 % lost: {'complete' if code == 0 else 'safe'}"


def a_cut_connection_is_safe(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, scale=200) as controller:
        proxy = FaultProxy(("127.0.0.1", controller.port))
        load(lake, recipe, proxy.port)
        process = start(lake, recipe, proxy.port, "cut", wait=False)
        controller.wait_for_dose()
        proxy.cut()
        since = time.time()
        took = closed(controller, since)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1 and "contact lost" in err and "watchdog" in err, err
        assert log_rows(lake, "cut")[-1]["event"] == "end"
    return f"closed {took:.0f} ms after the cut"


def a_connection_that_comes_back_goes_on(folder, lake):
    recipe = short(folder, "lbo_250", 8)
    with Controller(folder, scale=400) as controller:
        proxy = FaultProxy(("127.0.0.1", controller.port))
        load(lake, recipe, proxy.port)
        process = start(lake, recipe, proxy.port, "back", wait=False)
        controller.wait_for_dose()
        proxy.cut()
        time.sleep(0.6)
        proxy.mend()
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert executed(controller) == planned(lake, recipe)
    return "0.6 s without contact, complete"


def a_killed_client_leaves_closed_valves(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, scale=20) as controller:
        load(lake, recipe, controller.port)
        process = start(lake, recipe, controller.port, "killed", wait=False)
        controller.wait_for(lambda entry: entry["valves"] == 1, seconds=60)
        process.send_signal(signal.SIGKILL)
        since = time.time()
        process.wait()
        took = closed(controller, since)
        rows = log_rows(lake, "killed")
        assert rows and rows[0]["event"] == "command"
        # The next client sees it.
        at = f"127.0.0.1:{controller.port}"
        _, out, _ = aldb(lake, "reactor", "status", "--at", at, "--format", "json")
        status = json.loads(out)
        assert status["state"] == "aborted" and status["is_safe"] and status["alarms"] == ["watchdog"], status
    return f"killed in a dose, closed {took:.0f} ms later"


def ctrl_c_ends_in_a_safe_state_that_is_seen(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, scale=100) as controller:
        load(lake, recipe, controller.port)
        process = start(lake, recipe, controller.port, "stopped", wait=False)
        controller.wait_for_dose()
        process.send_signal(signal.SIGINT)
        since = time.time()
        _, err = process.communicate(timeout=30)
        took = closed(controller, since)
        assert process.returncode == 1 and "aborted by the operator" in err and "safe state seen" in err, err
    return f"closed {took:.0f} ms later"


def a_killed_controller_is_said(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, scale=200) as controller:
        load(lake, recipe, controller.port)
        process = start(lake, recipe, controller.port, "dead", wait=False)
        controller.wait_for_dose()
        controller.process.kill()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "contact lost" in err, err
        assert log_rows(lake, "dead")[-1]["event"] == "end"
    return "said, exit status 1"


def faults_of_the_reactor_end_the_run(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    said = []
    for fault, words in (
        (("--corrupt-at", "700000"), "recipe"),
        (("--stuck-valve", "0@650000"), "valve"),
        (("--drift-at", "700000"), "heater"),
        (("--freeze-at", "650000"), "heartbeat has stopped"),
        (("--stop-at", "650000"), "interlock"),
    ):
        with Controller(folder, *fault, scale=100) as controller:
            load(lake, recipe, controller.port)
            code, _, err = start(lake, recipe, controller.port, f"fault{fault[0]}")
            assert code == 1 and words in err, f"{fault}: {err}"
            unsafe = fault[0] in ("--stuck-valve", "--stop-at", "--freeze-at")
            assert ("THE SAFE STATE WAS NOT SEEN" in err) == unsafe, f"{fault}: {err}"
            last = controller.last(0.3)
            assert last["valves"] == 0 and last["pump"] == 1, f"{fault}: {last}"
            assert log_rows(lake, f"fault{fault[0]}")[-1]["event"] == "end"
            said.append(words)
    return ", ".join(said)


# What the controller does, words of the reason, and words for what is missing for the safe state.
MISBEHAVIOURS = [
    ("skips-pumps", "step 2 of cycle 1 (pump)", ""),
    ("second-valve", "valve `V2` was commanded open, planned closed", ""),
    ("wrong-valve", "valve `V2` was commanded open, planned closed", ""),
    ("pump-shut", "valve to the pump was not commanded open", ""),
    ("swaps-steps", "step 1 of cycle 1 (dose)", ""),
    ("repeats-steps", "step 2 of cycle 1 (pump)", ""),
    ("ends-after:1", "6 of 12 steps are recorded", ""),
    ("plasma:300000", "power of the plasma was 300.0 W, planned 0 W", ""),
    ("flow:0", "flow of `MFC1` was 0.0 sccm, planned 20 sccm", ""),
    ("flow:100000", "flow of `MFC1` was 100.0 sccm", ""),
    ("no-records", "no preparation is recorded", ""),
    ("loses-record", "record 2 is not in the ring", ""),
    ("atmosphere", "the pressure reached 1.013e5 Pa", ""),
    ("alarm", "the alarm `hardware interlock open`", "`hardware interlock open` lasts"),
    ("interlock", "open interlock", "an interlock is open"),
    ("hot", "heater `block` reached 6482.0 °C", ""),
    ("peak", "heater `block` was 270.0 °C", ""),
    ("blink", "valve `V3`", ""),
    ("long-step:1940000", "step 1 of cycle 1 (dose)", ""),
    ("unprepared", "preparation lasted", ""),
    ("says-complete", "complete, but", ""),
    ("stays-hot", "all steps were executed", "was not seen to fall"),
    ("open-after", "all steps were executed", "the valve of line 1 is not closed"),
    ("shut-after", "all steps were executed", "the valve to the pump is not open"),
    ("flow-after:20000", "all steps were executed", "the flow of mass flow controller 1 is 20 sccm"),
    ("plasma-after:100000", "all steps were executed", "the power of the plasma is 100 W"),
    ("holds-forever", "hold in step 2 of cycle 1 (pump) has lasted", ""),
    ("freezes-clock", "the clock of the controller shows", ""),
    ("freezes-records:3", "by the records it is at step 3 of cycle 1", ""),
    ("freezes-counters", "by its counter valve `V2` was open for 0 s", ""),
    ("freezes-part", "the present part stands still", ""),
    ("claims-real", "the controller counted", ""),
    ("", "", ""),
]

# Leak test, ramps and cool-down: what the controller does (leaks in uPa/s), and words of the reason; what is seen first depends on the time
# of a reading.
AROUND = [
    ("leaks:200", "leak test: the pressure rose by"),
    ("ignores-leak:200", "leak test: the pressure rose by"),
    ("stuck-gauge", "the gauge is stuck, or is not read"),
    ("skips-leak-test", "no leak test is recorded|without a recorded leak test"),
    ("pumps-in-leak-test", "leak test: the valve to the pump was not commanded closed all the time"),
    ("short-leak-test", "leak test lasted 15 s, planned 60 s"),
    ("ignores-ramps", "changed faster than its ramp of"),
    ("skips-cool-down", "no cool-down is recorded"),
    ("ends-cool-down", "cool-down ended, but heater `block` is"),
    ("never-cools", "cool-down has lasted"),
    ("", ""),
]
TABLES = """
[leak_test]
duration_s = 60
max_rise_pa_per_s = 1e-5
[ramp]
substrate_c_per_min = 10
wall_c_per_min = 5
[cool_down]
vent_below_c = 60
max_s = 3600
"""


def misbehaves(folder, lake, recipe, case):
    how, words, missing = case
    options = ("--misbehave", how) if how else ()
    with Controller(folder, *options, scale=500) as controller:
        load(lake, recipe, controller.port)
        run = f"misbehaves-{how.replace(':', '-') or 'not'}"
        # What is no simulation is asked about its bottles.
        what, confirmed = mounted(folder) if how == "claims-real" else ((), ())
        code, _, err = start(lake, recipe, controller.port, run, *what, *confirmed)
        if not how:
            assert code == 0 and "safe state seen" in err, err
        else:
            assert code == 1 and words in err, f"{how}: {err}"
            assert ("THE SAFE STATE WAS NOT SEEN" in err) == bool(missing), f"{how}: {err}"
            assert missing in err, f"{how}: {err}"
        assert log_rows(lake, run)[-1]["event"] == "end", how


def every_misbehaviour_is_seen(folder, lake):
    recipe = short(folder, "lbo_250", 2)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: misbehaves(folder, lake, recipe, case), MISBEHAVIOURS))
    return f"{len(MISBEHAVIOURS) - 1} misbehaviours, and a faultless controller"


def goes_around(folder, lake, recipe, case):
    how, words = case
    options = ("--misbehave", how) if how else ()
    with Controller(folder, *options, scale=500) as controller:
        load(lake, recipe, controller.port)
        run = f"around-{how.replace(':', '-') or 'not'}"
        code, _, err = start(lake, recipe, controller.port, run)
        assert "THE SAFE STATE WAS NOT SEEN" not in err, f"{how}: {err}"
        rows = log_rows(lake, run)
        assert rows[-1]["event"] == "end", how
        tests = [row for row in rows if row["event"] == "leak test"]
        if how:
            assert code == 1 and any(part in err for part in words.split("|")), f"{how}: {err}"
            if "leak" in how and not tests:
                assert how == "skips-leak-test", f"{how}: {rows}"
            return
        assert code == 0 and "safe state seen" in err, err
        assert [row["event"] for row in rows if row["duration_s"]][:4] == ["preparation", "leak test", "evacuation", "dose"], rows
        assert tests[0]["duration_s"] == "60" and tests[0]["pump_valve"] == "closed", tests
        assert tests[0]["message"].startswith("the pressure rose by 1.98e-6 Pa/s"), tests
        lasted = {row["event"]: float(row["duration_s"]) for row in rows if row["event"] in ("preparation", "cool-down")}
        # 225 C at 10 C/min, and 600 s to settle; 190 C at 10 C/min.
        assert lasted["preparation"] >= 1950 and lasted["cool-down"] >= 1140, lasted
        # The last pump step goes over into the cool-down.
        assert executed(controller)[:-1] == planned(lake, recipe)[:-1], run


def leak_test_ramps_and_cool_down_are_watched(folder, lake):
    recipe = short(folder, "lbo_250", 1)
    recipe.write_text(recipe.read_text() + TABLES)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: goes_around(folder, lake, recipe, case), AROUND))
    return f"{len(AROUND) - 1} ways around them, and a faultless controller"


def an_abort_that_is_not_carried_out_is_said(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, "--misbehave", "ignores-abort", scale=20) as controller:
        load(lake, recipe, controller.port)
        process = start(lake, recipe, controller.port, "ignored", wait=False)
        controller.wait_for(lambda entry: entry["state"] == 4, seconds=60)
        code, _, err = aldb(lake, "reactor", "abort", "--at", f"127.0.0.1:{controller.port}")
        assert code == 1 and "THE SAFE STATE WAS NOT SEEN" in err and "the controller is running" in err, err
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and "THE SAFE STATE WAS NOT SEEN" in err, err
    return "said by both clients"


def another_description_and_wrong_bottles_are_refused(folder, lake):
    recipe = short(folder, "lbo_250", 2)
    text = (TOP / "schemas/reactors/high_vacuum.toml").read_text()
    exchanged = folder / "exchanged.toml"
    exchanged.write_text(text.replace('["LiHMDS"]', '["x"]').replace('["H2O"]', '["LiHMDS"]').replace('["x"]', '["H2O"]'))
    what, confirmed = mounted(folder)
    with Controller(folder) as controller:
        at = ("--at", f"127.0.0.1:{controller.port}")
        code, _, err = aldb(lake, "reactor", "load", str(recipe), "--reactor", str(exchanged), *at)
        assert code == 1, err
        load(lake, recipe, controller.port)
        command = ("reactor", "start", str(recipe), "--reactor", REACTOR, *at, *what, "--run-id", "bottles")
        code, _, err = aldb(lake, *command, "--bottle", "V1=B-V2", "--bottle", "V2=B-V2", "--bottle", "V3=B-V3")
        assert code == 1 and "the operator reads `B-V2` on the bottle" in err, err
        code, _, err = aldb(lake, *command, *confirmed, "--operator", "A. B.")
        assert code == 0, err
    described = (lake / "samples/runs/bottles.toml").read_text()
    for words in ('outcome = "complete"', 'safe_state = "seen"', 'started_by = "A. B."', "V1 LiHMDS bottle B-V1 lot 7 since 2026-11-20"):
        assert words in described, described
    return "refused, then started with the right ones"


def three_loads_at_once_end_whole(folder, lake):
    recipes = [short(folder, name, 2) for name in ("lbo_250", "lpo_300", "lbpo_cr017")]
    with Controller(folder) as controller:
        at = ("--at", f"127.0.0.1:{controller.port}")
        clients = [aldb(lake, "reactor", "load", str(recipe), "--reactor", REACTOR, *at, wait=False) for recipe in recipes]
        ends = [(client.communicate(timeout=60)[1], client.returncode) for client in clients]
        assert any(code == 0 for _, code in ends), ends
        assert all(code == 0 or "another operator" in err for err, code in ends), ends
        verified = [aldb(lake, "reactor", "verify", str(recipe), "--reactor", REACTOR, *at)[0] for recipe in recipes]
        assert verified.count(0) == 1, verified
    return f"{sum(code == 0 for _, code in ends)} loaded one after the other, one is in the controller"


def slow_answers_are_survived_or_refused(folder, lake):
    recipe = short(folder, "lbo_250", 2)
    said = []
    for seconds, expected in ((0.3, None), (1.0, "the controller answers after")):
        with Controller(folder) as controller:
            proxy = FaultProxy(("127.0.0.1", controller.port))
            load(lake, recipe, proxy.port)
            proxy.delay = (1.0, seconds)
            code, _, err = start(lake, recipe, proxy.port, f"slow-{seconds}")
            assert (code == 0) if expected is None else (code == 1 and expected in err), f"{seconds}: {err}"
            said.append(f"{seconds} s {'survived' if code == 0 else 'refused'}")
    return ", ".join(said)


def a_second_operator_is_refused(folder, lake):
    recipe = short(folder, "lbo_250", 40)
    with Controller(folder, scale=50) as controller:
        load(lake, recipe, controller.port)
        process = start(lake, recipe, controller.port, "first", wait=False)
        controller.wait_for_dose()
        at = f"127.0.0.1:{controller.port}"
        for command in (("load", str(recipe), "--reactor", REACTOR), ("start", str(recipe), "--reactor", REACTOR)):
            code, _, err = aldb(lake, "reactor", *command, "--at", at)
            assert code == 1 and "another operator" in err, err
        code, _, err = aldb(lake, "reactor", "pause", "--at", at)
        assert code == 0, err
        held = controller.wait_for(lambda entry: entry["state"] == 5)
        assert held["valves"] == 0 and held["pump"] == 1, held
        code, _, err = aldb(lake, "reactor", "resume", "--at", at)
        assert code == 0, err
        code, _, err = aldb(lake, "reactor", "abort", "--at", at)
        assert code == 0, err
        _, err = process.communicate(timeout=30)
        assert process.returncode == 1 and "aborted by a client" in err, err
    return "second operator refused; pause, resume and abort accepted"


def another_map_is_refused(folder, lake):
    recipe = short(folder, "lbo_250", 2)
    with Controller(folder, "--map-version", "2") as controller:
        at = f"127.0.0.1:{controller.port}"
        code, _, err = aldb(lake, "reactor", "load", str(recipe), "--reactor", REACTOR, "--at", at)
        assert code == 1 and "register map 3, found map 2" in err, err
    return "refused"


def json_exports_keep_to_their_schema(folder, lake):
    schema = json.loads((TOP / "schemas/exports/recipe.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    recipes = sorted((TOP / "schemas/recipes").glob("*.toml"))
    for recipe in recipes:
        code, out, err = aldb(lake, "recipe", "export", str(recipe), "--reactor", REACTOR, "--to", "json")
        assert code == 0, err
        jsonschema.validate(json.loads(out), schema, cls=jsonschema.Draft202012Validator)
    return f"{len(recipes)} recipes"


def what_was_done_comes_back_as_rows(folder, lake):
    code, _, err = aldb(lake, "ingest")
    assert code in (0, 1), err
    query = """SELECT r.run_id, count(*) AS steps, max(abs(s.duration_deviation_s)) AS worst_s, count(s.deviation) AS flagged
               FROM runs AS r JOIN run_steps AS s ON s.run_id = r.run_id AND s.recipe_id = r.recipe_id
               WHERE r.run_id LIKE 'plain-%' GROUP BY r.run_id ORDER BY r.run_id"""
    code, out, err = aldb(lake, "sql", query, "--format", "json")
    assert code == 0, err
    rows = json.loads(out)
    names = sorted(f"plain-{path.stem}" for path in (TOP / "schemas/recipes").glob("*.toml"))
    assert [row["run_id"] for row in rows] == names, rows
    assert all(row["worst_s"] == 0 and row["flagged"] == 0 for row in rows), rows
    code, out, err = aldb(lake, "sql", "SELECT count(*) AS n FROM run_log WHERE deviation IS NOT NULL", "--format", "json")
    assert json.loads(out)[0]["n"] > 0, out
    code, out, err = aldb(lake, "sql", "SELECT count(DISTINCT recipe_id) AS n FROM recipe_steps", "--format", "json")
    assert json.loads(out)[0]["n"] >= len(names), out
    query = "SELECT n_openings, n_doses, open_s, lot, mounted_on FROM bottle_usage WHERE bottle = 'B-V1' AND is_simulated"
    code, out, err = aldb(lake, "sql", query, "--format", "json")
    assert json.loads(out) == [{"n_openings": 2, "n_doses": 2, "open_s": 40, "lot": "7", "mounted_on": "2026-11-20"}], out + err
    query = "SELECT leak_rate_pa_per_s AS rate FROM runs WHERE run_id = 'around-not'"
    code, out, err = aldb(lake, "sql", query, "--format", "json")
    assert 1.9e-6 < json.loads(out)[0]["rate"] < 2.1e-6, out + err
    return f"{len(rows)} runs, {sum(row['steps'] for row in rows)} steps"


SCENARIOS = [
    json_exports_keep_to_their_schema,
    another_map_is_refused,
    every_recipe_runs_as_planned,
    delayed_and_repeated_frames_change_nothing,
    lost_frames_end_complete_or_safe,
    a_cut_connection_is_safe,
    a_connection_that_comes_back_goes_on,
    a_killed_client_leaves_closed_valves,
    ctrl_c_ends_in_a_safe_state_that_is_seen,
    a_killed_controller_is_said,
    faults_of_the_reactor_end_the_run,
    every_misbehaviour_is_seen,
    leak_test_ramps_and_cool_down_are_watched,
    an_abort_that_is_not_carried_out_is_said,
    another_description_and_wrong_bottles_are_refused,
    three_loads_at_once_end_whole,
    slow_answers_are_survived_or_refused,
    a_second_operator_is_refused,
    what_was_done_comes_back_as_rows,
]


def main():
    # A scenario that hangs is ended.
    threading.Timer(1200, lambda: os._exit(3)).start()
    failed = 0
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lake = folder / "lake"
        subprocess.run([ALDB, "init", str(lake)], check=True, capture_output=True)
        for scenario in SCENARIOS:
            name = scenario.__name__
            if only and name not in only:
                continue
            began = time.monotonic()
            try:
                print(f"ok    {name.replace('_', ' ')}: {scenario(folder, lake)} ({time.monotonic() - began:.1f} s)", flush=True)
            except Exception as error:  # every scenario is reported, however it fails
                failed += 1
                print(f"FAIL  {name.replace('_', ' ')}: {type(error).__name__}: {error}", flush=True)
    print(f"{failed} failed")
    os._exit(1 if failed else 0)


if __name__ == "__main__":
    main()
