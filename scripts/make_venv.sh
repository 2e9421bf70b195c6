#!/usr/bin/env bash
# Make a virtual environment and install into it, with uv where that works and with pip where it does not.
# Usage: make_venv.sh FOLDER PYTHON INSTALL-ARGUMENTS…
set -euo pipefail

folder=$1
python=$2
shift 2
[ -n "$python" ] || exit 1 # find_python.sh has said why

"$python" -m venv "$folder"
pip=("$folder/bin/python" -m pip --disable-pip-version-check)

if "${pip[@]}" install --quiet --only-binary :all: uv 2>/dev/null &&
  "$folder/bin/uv" pip install --quiet --python "$folder/bin/python" "$@"; then
  exit 0
fi
echo "uv could not do it; installing with pip, which takes a little longer." >&2
"${pip[@]}" install --quiet "$@"
