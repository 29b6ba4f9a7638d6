#!/usr/bin/env python3
"""A lake that grew by a year of small batches, beside one that got the same data in one batch.

    ALDB_BIN=target/release/aldb python3 benches/year.py [--days 365] [--files 500] [--rounds 100] [--work FOLDER]

Every simulated day `--files` files come in `--rounds` batches, each with `aldb ingest`, which derives; the days follow each other without a
pause. Then `aldb maintain` runs, as it would once a week. The other lake ingests the same files at once. In both these are timed, five times
each, and the medians compared: `aldb status`, the ingest of one more file, and ten queries. The aim is a ratio of 1.5 at most; that of
processor times depends less on what else the computer does. A year at full
size takes days; `--days 4 --files 20 --rounds 20` takes a minute. All data are synthetic. Needs only python3.
"""

import argparse
import collections
import os
import pathlib
import resource
import statistics
import tempfile
import time

import cost

QUERIES = [
    "SELECT count(*) FROM measurements",
    "SELECT sample_id, count(*) FROM measurements GROUP BY sample_id ORDER BY sample_id LIMIT 10",
    "SELECT * FROM measurements ORDER BY measurement_id LIMIT 10",
    "SELECT max(frequency_hz), min(frequency_hz) FROM impedance_spectra",
    "SELECT * FROM impedance_spectra WHERE measurement_id = (SELECT min(measurement_id) FROM measurements)",
    "SELECT sample_id, sigma_25c_s_per_cm, ea_ev FROM arrhenius ORDER BY sample_id LIMIT 10",
    "SELECT quality, count(*) FROM conductivity GROUP BY quality",
    "SELECT f.path FROM measurements AS m JOIN source_files AS f ON f.file_id = m.file_id ORDER BY f.path LIMIT 10",
    "SELECT count(*) FROM impedance_fits AS f JOIN measurements AS m ON m.measurement_id = f.measurement_id",
    "SELECT count(*) FROM snapshots",
]


def processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(*arguments: str) -> float:
    started = time.monotonic()
    cost.aldb(*arguments)
    return time.monotonic() - started


def describe(lake: pathlib.Path, files: int) -> None:
    (lake / "samples").mkdir(exist_ok=True)
    (lake / "samples/films.toml").write_text(
        "\n".join(
            f'[[sample]]\nsample_id = "synthetic-{k}"\nthickness_nm = 80.0\nthickness_err_nm = 1.0\n'
            f'electrodes = [{{ dot = "A", diameter_um = 100.0 }}]\nsynthetic = true\n'
            for k in range(files)
        )
    )


def empty(folder: pathlib.Path, files: int) -> pathlib.Path:
    lake = folder / "lake"
    (folder / "instruments").mkdir(parents=True)
    cost.aldb("init", str(lake))
    (lake / "aldb.toml").write_text(cost.CONFIGURATION)
    describe(lake, files)
    return lake


def sizes(lake: pathlib.Path) -> str:
    number: collections.Counter = collections.Counter()
    size: collections.Counter = collections.Counter()
    for path in lake.rglob("*"):
        if not path.is_file():
            continue
        below = path.relative_to(lake)
        kind = "other"
        if below.parts[0] == "tables":
            kind = "logs" if "_delta_log" in below.parts else "data files"
        elif below.parts[0] == "raw":
            kind = "journal" if below.parts[1] == "journal" else "archive"
        number[kind] += 1
        size[kind] += path.stat().st_size
    return ", ".join(f"{number[kind]} {kind} ({size[kind] / 1e6:.1f} MB)" for kind in sorted(number))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--files", type=int, default=500, help="a day")
    parser.add_argument("--rounds", type=int, default=100, help="batches a day")
    parser.add_argument("--work", help="folder in which the lakes are made and kept [default: a temporary one]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(options.work or temporary)
        work.mkdir(parents=True, exist_ok=True)
        text = cost.template(work)
        total, rounds = options.days * options.files, options.days * options.rounds
        small, whole = empty(work / "small", total + 10), empty(work / "whole", total + 10)
        added = 0
        first, last = [], []
        for n in range(rounds):
            until = (n + 1) * total // rounds
            for k in range(added, until):
                cost.add(work / "small/instruments", text, k)
            added = until
            took = timed("--lake", str(small), "ingest")
            (first if n < 10 else last).append(took)
        print(f"{rounds} batches: {statistics.median(first):.3f} s for one of the first 10, "
              f"{statistics.median(last[-10:] or first):.3f} s for one of the last 10")
        print("before maintenance:", sizes(small), flush=True)
        took = timed("--lake", str(small), "maintain", "--older-than", "0")
        cost.aldb("--lake", str(small), "derive")
        print(f"after maintenance ({took:.2f} s):", sizes(small), flush=True)
        for k in range(total):
            cost.add(work / "whole/instruments", text, k)
        print(f"one batch: {timed('--lake', str(whole), 'ingest'):.1f} s:", sizes(whole), flush=True)
        print(f"{'':12} {'small batches / s':>18} {'one batch / s':>14} {'ratio':>6} {'of processor time':>18}")
        worst = 0.0

        def compare(name: str, run) -> None:
            nonlocal worst
            # Alternating, so that other work on the computer meets both.
            rows = []
            for _ in range(5):
                row = []
                for lake in (small, whole):
                    before = processor()
                    row += [run(lake), processor() - before]
                rows.append(row)
            of_small, busy_small, of_whole, busy_whole = (statistics.median(column) for column in zip(*rows))
            worst = max(worst, of_small / of_whole)
            ratio, busy = of_small / of_whole, busy_small / busy_whole
            print(f"{name:12} {of_small:>18.3f} {of_whole:>14.3f} {ratio:>6.2f} {busy:>18.2f}", flush=True)

        compare("status", lambda lake: timed("--lake", str(lake), "status"))
        next_file = {small: total, whole: total}

        def one_more(lake: pathlib.Path) -> float:
            cost.add(lake.parent / "instruments", text, next_file[lake])
            next_file[lake] += 1
            return timed("--lake", str(lake), "ingest")

        compare("one file", one_more)
        for number, query in enumerate(QUERIES, 1):
            compare(f"query {number}", lambda lake, query=query: timed("--lake", str(lake), "sql", query))
        print(f"highest ratio {worst:.2f}")


if __name__ == "__main__":
    os.environ.setdefault("RUST_BACKTRACE", "0")
    main()
