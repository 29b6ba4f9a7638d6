#!/usr/bin/env python3
"""Reads a lake with programs that share no code with aldb, and compares every row with that of aldb.

Usage: ALDB_BIN=target/release/aldb python tests/peers/read_lake.py LAKE

For each table that the newest row of `snapshots` names, at the version named there:
- the files that belong to it, from the table's log as read here, must be those that the package `deltalake` finds;
- the rows that DuckDB reads from these Parquet files must be those of `aldb sql 'SELECT * FROM table'`.

aldb writes JSON for this, because CSV does not distinguish an empty string from null. Exit status: 0 if everything agrees,
1 otherwise, with the first differences.

Needs: pip install deltalake duckdb.
"""

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote, urlparse

import duckdb
from deltalake import DeltaTable

DIFFERENCES_SHOWN = 5


def log_files(table, version):
    """Names of the files that belong to a table at a version: what its commits added and did not remove."""
    names = set()
    for number in range(version + 1):
        commit = table / "_delta_log" / f"{number:020}.json"
        for line in commit.read_text(encoding="utf-8").splitlines():
            action = json.loads(line)
            if "add" in action:
                names.add(unquote(action["add"]["path"]))
            elif "remove" in action:
                names.discard(unquote(action["remove"]["path"]))
    return names


def newest_version(table):
    """The version of a table's last commit."""
    return max(int(path.stem) for path in (table / "_delta_log").glob("[0-9]" * 20 + ".json"))


def deltalake_files(table, version):
    """The same names as found by the package `deltalake`, which uses checkpoints."""
    names = set()
    for uri in DeltaTable(str(table), version=version).file_uris():
        path = unquote(urlparse(uri).path) if "://" in uri else uri
        names.add(os.path.relpath(path, table.resolve()))
    return names


def plain(value):
    """A value in a form that does not depend on how it was written: numbers exactly, nulls without an entry."""
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        items = {name: plain(inner) for name, inner in value.items()}
        return json.dumps({name: inner for name, inner in items.items() if inner is not None}, sort_keys=True)
    if isinstance(value, list):
        return json.dumps([plain(inner) for inner in value])
    return value


def microseconds(text):
    """Microseconds since 1970 of `2026-10-01T12:00:00.25Z`."""
    whole, fraction = re.fullmatch(r"(.{19})(?:\.(\d{1,6})\d*)?(?:Z|\+00:00)", text).groups()
    seconds = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return int(seconds.timestamp()) * 1_000_000 + int((fraction or "").ljust(6, "0"))


def duckdb_rows(table, names):
    """The columns of a table with DuckDB's types, and its rows, as DuckDB reads them."""
    if not names:
        return None, Counter()
    database = duckdb.connect()
    files = [str(table / name) for name in sorted(names)]
    source = "read_parquet(?, union_by_name = true, hive_partitioning = false)"
    columns = [(name, kind) for name, kind, *_ in database.execute(f"DESCRIBE SELECT * FROM {source}", [files]).fetchall()]
    # An integer needs no library of time zones.
    picked = [f'epoch_us("{name}")' if kind.startswith("TIMESTAMP") else f'"{name}"' for name, kind in columns]
    rows = database.execute(f"SELECT {', '.join(picked)} FROM {source}", [files]).fetchall()
    return columns, Counter(tuple(plain(value) for value in row) for row in rows)


def aldb_rows(lake, table, columns):
    """The rows of a table from aldb, in the order of these columns."""
    binary = os.environ.get("ALDB_BIN", "aldb")
    command = [binary, "--lake", str(lake), "sql", f'SELECT * FROM "{table}"', "--format", "json"]
    ran = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    if ran.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {ran.returncode}\n{ran.stderr.decode(errors='replace')}")
    rows = Counter()
    for row in json.loads(ran.stdout):
        names = list(row) if columns is None else [name for name, _ in columns]
        if sorted(names) != sorted(row):
            sys.exit(f"{table}: DuckDB has the columns {', '.join(names)}, aldb {', '.join(row)}")
        kinds = {} if columns is None else dict(columns)
        values = []
        for name in names:
            value = row[name]
            if value is not None and kinds.get(name, "").startswith("TIMESTAMP"):
                value = microseconds(value)
            elif value is not None and kinds.get(name) == "DOUBLE":
                value = float(value)
            values.append(plain(value))
        rows[tuple(values)] += 1
    return rows


def show(table, who, rows):
    """Prints some rows that only one of the two programs has."""
    for row, count in list(rows.items())[:DIFFERENCES_SHOWN]:
        print(f"{table}: {count} × only in {who}: {row}")


def main():
    """Compares all tables of the lake; ends the process."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lake = Path(sys.argv[1]).resolve()
    tables = lake / "tables"
    versions = {"snapshots": newest_version(tables / "snapshots")}
    snapshot_files = log_files(tables / "snapshots", versions["snapshots"])
    files = [str(tables / "snapshots" / name) for name in snapshot_files]
    query = "SELECT snapshot, table_versions FROM read_parquet(?) ORDER BY snapshot DESC LIMIT 1"
    snapshot, recorded = duckdb.connect().execute(query, [files]).fetchone()
    versions.update(json.loads(recorded))
    print(f"snapshot {snapshot} of {lake}: {len(versions)} tables")
    same = True
    for table, version in sorted(versions.items()):
        names = log_files(tables / table, version)
        found = deltalake_files(tables / table, version)
        if names != found:
            print(f"{table}: the log names {sorted(names)}, deltalake finds {sorted(found)}")
            same = False
        columns, expected = duckdb_rows(tables / table, names)
        rows = aldb_rows(lake, table, columns)
        if rows == expected:
            width = "no" if columns is None else len(columns)
            print(f"{table}: version {version}, {sum(rows.values())} rows, {width} columns: equal")
        else:
            print(f"{table}: DuckDB reads {sum(expected.values())} rows, aldb {sum(rows.values())}")
            show(table, "DuckDB", expected - rows)
            show(table, "aldb", rows - expected)
            same = False
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
