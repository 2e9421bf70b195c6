#!/usr/bin/env bash
# Print a Python interpreter that can make a virtual environment.
# Usage: find_python.sh OLDEST [NEWEST]     The variable PYTHON, when set, is the only candidate.
set -euo pipefail

oldest=$1
newest=${2:-}

for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
  if "$candidate" - "$oldest" "$newest" 2>/dev/null <<'PY'; then
import sys

def number(text):
    return tuple(map(int, text.split(".")))

oldest, newest = sys.argv[1:]
here = sys.version_info[:2]
if here < number(oldest) or (newest and here > number(newest)):
    sys.exit(1)
import ensurepip, venv
PY
    command -v "$candidate"
    exit 0
  fi
done

range="$oldest${newest:+ to $newest}"
[ -n "$newest" ] || range="$oldest or newer"
echo "No Python $range with its venv module was found${PYTHON:+ at PYTHON=$PYTHON}." \
  "Install one (on Debian and Ubuntu also python3-venv), or name it: make PYTHON=/path/to/python …" >&2
exit 1
