#!/usr/bin/env bash
# Makes the lake of a version of aldb that later versions must open: tests/lakes/make_lake.sh ALDB FOLDER
#
# ALDB is the program of that version, FOLDER the new folder, tests/lakes/VERSION. The files are a few of `aldb demo`; all
# are synthetic. `expected/` gets the number of rows of every table, and the rows of some derived tables, as that program
# prints them. A lake is made once and never made anew: that is the point of it.
set -euo pipefail
aldb=$(realpath "$1")
folder=$(realpath -m "$2")
[[ ! -e "$folder" ]] || { echo "$folder exists already: expected a new folder"; exit 1; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
export NO_COLOR=1
"$aldb" demo "$work/demo"
mkdir -p "$folder/instruments" "$folder/expected"
cat > "$folder/README.md" <<README
# A lake of an earlier version

Made by \`tests/lakes/make_lake.sh\` with \`$("$aldb" --version)\`. Every file, sample and value in it is synthetic.
README
# One electrode of one film at four temperatures, and one file of every other instrument.
cd "$work/demo/instruments"
{
    find gamry -name '*_dot1_*_r1.DTA' | sort | head -4
    for instrument in biologic ellipsometer erd potentiostat reactor xps xrd; do find "$instrument" -type f | sort | head -1; done
} | while read -r file; do
    mkdir -p "$folder/instruments/$(dirname "$file")"
    cp "$file" "$folder/instruments/$file"
done
lake="$folder/lake"
"$aldb" init "$lake"
for part in aldb.toml samples recipes; do cp -r "$work/demo/lake/$part" "$lake/"; done
mkdir -p "$lake/literature"
head -4 "$work"/demo/lake/literature/*.csv > "$lake/literature/some.csv"
"$aldb" --lake "$lake" ingest
"$aldb" --lake "$lake" derive
"$aldb" --lake "$lake" verify
rows() { "$aldb" --lake "$lake" sql "$1" --format csv; }
rows 'SHOW TABLES' | awk -F, 'NR > 1 && $2 != "view" { print $1 }' | while read -r table; do
    echo "$table,$(rows "SELECT count(*) AS n FROM $table" | tail -1)"
done > "$folder/expected/row_counts.csv"
for table in arrhenius conductivity composition crystallinity film_thickness growth xps_composition; do
    rows "SELECT * FROM $table" > "$folder/expected/$table.csv"
done
# The index can be thrown away, and so can the lock.
rm -r "$lake/state"
du -sh "$folder"
