#!/usr/bin/env python3
"""Time for one more file, in lakes of 1,000, 10,000 and 100,000 measurements.

    ALDB_BIN=target/release/aldb python3 benches/cost.py [1000 10000 100000]

Each lake holds impedance spectra, several per file, one sample per file. All data are synthetic: copies of one file of `aldb demo`
that differ in their comment. After `ingest` and `derive` one more file is added, and `aldb ingest && aldb derive` is timed as a user
would run it, five times. Needs only python3.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ALDB = os.environ.get("ALDB_BIN", "target/release/aldb")
CONFIGURATION = """
[[source]]
name = "biologic"
folder = "../instruments"
include = ["*.mpt"]
path = '(?<sample>synthetic-\\d+)_dot(?<dot>\\w+)_(?<temperature_c>\\d+)C\\.mpt$'
"""


def aldb(*arguments: str) -> None:
    subprocess.run([ALDB, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def template(folder: pathlib.Path) -> bytes:
    """An EC-Lab file of the demonstration, with several spectra."""
    aldb("demo", str(folder / "demo"))
    found = sorted((folder / "demo/instruments/biologic").rglob("*.mpt"))
    return found[0].read_bytes()


def build(folder: pathlib.Path, text: bytes, measurements: int, a_file: int) -> pathlib.Path:
    lake, instruments = folder / "lake", folder / "instruments"
    instruments.mkdir(parents=True)
    aldb("init", str(lake))
    (lake / "aldb.toml").write_text(CONFIGURATION)
    files = -(-measurements // a_file)
    sheet = "\n".join(
        f'[[sample]]\nsample_id = "synthetic-{k}"\nthickness_nm = 80.0\nthickness_err_nm = 1.0\n'
        f'electrodes = [{{ dot = "A", diameter_um = 100.0 }}]\nsynthetic = true\n'
        for k in range(files + 10)
    )
    (lake / "samples").mkdir(exist_ok=True)
    (lake / "samples/films.toml").write_text(sheet)
    for k in range(files):
        add(instruments, text, k)
    aldb("--lake", str(lake), "ingest")
    return lake


def add(instruments: pathlib.Path, text: bytes, k: int) -> None:
    # A different comment gives every file a different id.
    (instruments / f"synthetic-{k}_dotA_30C.mpt").write_bytes(text.replace(b"synthetic", b"synthetic %d" % k, 1))


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1000, 10000, 100000]
    first = None
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        text = template(work)
        probe = build(work / "probe", text, 1, 1)
        found = subprocess.run(
            [ALDB, "--lake", str(probe), "sql", "SELECT count(*) AS n FROM measurements", "--format", "csv"],
            check=True, capture_output=True, text=True,
        ).stdout
        a_file = int(found.split()[1])
        print(f"{'measurements':>12}  {'build time / s':>12}  {'one more file / s':>17}  {'ratio':>6}")
        for size in sizes:
            started = time.monotonic()
            lake = build(work / str(size), text, size, a_file)
            built = time.monotonic() - started
            files = -(-size // a_file)
            times = []
            for k in range(5):
                add(lake.parent / "instruments", text, files + k)
                started = time.monotonic()
                aldb("--lake", str(lake), "ingest")
                times.append(time.monotonic() - started)
            cost = statistics.median(times)
            first = first or cost
            print(f"{size:>12}  {built:>12.1f}  {cost:>17.3f}  {cost / first:>6.2f}", flush=True)
            shutil.rmtree(work / str(size))


if __name__ == "__main__":
    main()
