#!/usr/bin/env python3
"""Measures ingest of many small files, cold and unchanged, beside sha256sum over the same files and beside yadg.

    ALDB_BIN=target/release/aldb python3 benches/ingest.py [--files 100000] [--folder DIR] [--yadg PYTHON]

The files are synthetic impedance spectra of about 20 kB as text, each different. Prints files/s, MB/s, peak memory, and the ratio of the
times. `--yadg` names a Python that has yadg; it reads a hundred of the files, and its time per file is multiplied.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time


def write_files(folder, n_files):
    """Spectra with 420 rows; the first value of each file is its number."""
    rows = [f"{10 ** (6 - i / 70):.6e},{100 + i * 0.731:.6e},{-50 - (i % 97) * 0.3:.6e}\n" for i in range(420)]
    body = "".join(rows)
    for number in range(n_files):
        below = folder / f"{number // 1000:03}"
        below.mkdir(parents=True, exist_ok=True)
        first = f"{2e6 + number:.9e},{1.0 + number * 1e-6:.9e},{-2.0:.9e}\n"
        (below / f"S{number:06}_25C.csv").write_text("Frequency (Hz),Re(Z) (Ohm),Im(Z) (Ohm)\n" + first + body)


def timed(arguments, **more):
    """Seconds, and the peak of memory in MB, of a command."""
    before = time.monotonic()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    message = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{arguments[0]} failed: {message.decode()[-2000:]}")
    return time.monotonic() - before, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folder")
    parser.add_argument("--yadg")
    options = parser.parse_args()
    aldb = os.environ.get("ALDB_BIN", "target/release/aldb")
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        scratch = pathlib.Path(scratch)
        files, lake = scratch / "files", scratch / "lake"
        write_files(files, options.files)
        subprocess.run([aldb, "init", lake], check=True, capture_output=True)
        rule = r"(?<sample>S\d+)_(?<temperature_c>\d+)C"
        (lake / "aldb.toml").write_text(
            f"[[source]]\nname = \"eis\"\nfolder = \"../files\"\npath = '{rule}'\n"
        )
        megabytes = sum(path.stat().st_size for path in files.rglob("*.csv")) / 1e6
        print(f"{options.files} files, {megabytes:.0f} MB")
        hashes = ["sh", "-c", "find files -type f -print0 | xargs -0 sha256sum"]
        timed(hashes, cwd=scratch)
        sha, _ = timed(hashes, cwd=scratch)
        results = {"sha256sum": (sha, None)}
        ingest = [aldb, "--lake", str(lake), "ingest", "--no-derive"]
        results["ingest, cold"] = timed(ingest)
        results["ingest, unchanged"] = timed(ingest)
        results["ingest, unchanged again"] = timed(ingest)
        for what, (seconds, memory) in results.items():
            peak = "" if memory is None else f", peak {memory:.0f} MB"
            print(
                f"{what}: {seconds:.2f} s, {options.files / seconds:.0f} files/s, {megabytes / seconds:.0f} MB/s, "
                f"{seconds / sha:.2f} times sha256sum{peak}"
            )
        counted = subprocess.run(
            [aldb, "--lake", str(lake), "sql", "--format", "json", "SELECT count(*) AS n FROM measurements"],
            check=True,
            capture_output=True,
        )
        assert json.loads(counted.stdout)[0]["n"] == options.files, counted.stdout
        if options.yadg:
            code = (
                "import sys, time, pathlib, yadg.extractors\n"
                "files = sorted(pathlib.Path(sys.argv[1]).rglob('*.csv'))[:100]\n"
                "began = time.monotonic()\n"
                "for file in files: yadg.extractors.extract('basic.csv', file)\n"
                "print((time.monotonic() - began) / len(files))\n"
            )
            each = float(subprocess.run([options.yadg, "-c", code, files], check=True, capture_output=True).stdout)
            cold = results["ingest, cold"][0] / options.files
            print(f"yadg: {each * 1e3:.2f} ms a file in its own process, {each / cold:.1f} times aldb (which also stores)")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
