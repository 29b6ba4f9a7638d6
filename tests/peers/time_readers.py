"""Measures the time of aldb's readers and of other programs on the same files and prints the ratios.

    python3 -m venv .venv && .venv/bin/pip install yadg==7.0.1 duckdb==2.0.0
    ALDB_BIN=target/release/aldb .venv/bin/python tests/peers/time_readers.py [FOLDER WITH .mpr AND .mpt]

* delimited text: `wc -l` (limited by memory bandwidth), DuckDB's `read_csv` into a table, `aldb inspect`;
* EC-Lab files: yadg in this process, `aldb inspect` in a new process (its start-up counts).

The text is a synthetic voltammogram of four columns.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ALDB = os.environ.get("ALDB_BIN", "target/release/aldb")
RUNS = 3


def least(run):
    """The shortest time of several runs, in seconds: every disturbance makes a run longer."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def command(*words):
    return lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def voltammogram(path, megabytes):
    """Writes a synthetic voltammogram as CSV."""
    row = "".join(
        f"{i * 0.01:.4f},{math.sin(i / 500):.6f},{1e-3 * math.cos(i / 300):.9e},{i // 5000 + 1}\n" for i in range(20000)
    )
    with open(path, "w") as file:
        file.write("time/s,Ewe/V,I/A,cycle\n")
        for _ in range(megabytes * 1_000_000 // len(row) + 1):
            file.write(row)


def text(folder):
    import duckdb

    path = folder / "synthetic_voltammogram.csv"
    voltammogram(path, 100)
    size = path.stat().st_size / 1e6
    wc = least(command("wc", "-l", str(path)))
    duck = least(lambda: duckdb.sql(f"CREATE OR REPLACE TEMP TABLE t AS SELECT * FROM read_csv('{path}')"))
    one = duckdb.connect(config={"threads": 1})
    duck_one = least(lambda: one.sql(f"CREATE OR REPLACE TEMP TABLE t AS SELECT * FROM read_csv('{path}')"))
    aldb = least(command(ALDB, "inspect", "--format", "json", str(path)))
    print(f"delimited text, {size:.0f} MB")
    for name, seconds in [("wc -l", wc), ("DuckDB, all cores", duck), ("DuckDB, one core", duck_one), ("aldb, one core", aldb)]:
        print(f"  {name:18} {size / seconds:8.0f} MB/s   aldb takes {aldb / seconds:.2f} times as long")


def eclab(folder):
    from yadg.extractors import extract

    for path in sorted(folder.rglob("*.mp[rt]")):
        kind = f"eclab.{path.suffix[1:]}"
        size = path.stat().st_size
        try:
            peer = least(lambda: extract(filetype=kind, path=path))
        except Exception as error:  # what yadg cannot read is no comparison
            print(f"  {path.name}: yadg: {type(error).__name__}")
            continue
        result = subprocess.run([ALDB, "inspect", "--format", "json", str(path)], capture_output=True, text=True)
        if result.returncode != 0 or "error" in json.loads(result.stdout):
            print(f"  {path.name}: refused by aldb")
            continue
        aldb = least(command(ALDB, "inspect", "--format", "json", str(path)))
        print(f"  {path.name:34} {size / 1000:9.0f} kB   yadg {peer * 1e3:8.1f} ms   aldb {aldb * 1e3:7.1f} ms   {peer / aldb:6.1f} times")


with tempfile.TemporaryDirectory() as scratch:
    text(Path(scratch))
if len(sys.argv) > 1:
    print("EC-Lab files; the time of aldb includes the start of its process")
    eclab(Path(sys.argv[1]))
