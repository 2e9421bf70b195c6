#!/usr/bin/env bash
# Compile constraints/dev.txt (newest of everything) and constraints/min.txt (the lower bounds) from pyproject.toml.
# Usage: compile_constraints.sh BIN      BIN is the folder that holds uv.
set -euo pipefail

cd "$(dirname "$0")/.."
compile=("$1/uv" pip compile pyproject.toml --quiet --upgrade --no-header --no-annotate --no-emit-index-url
  --python-version 3.11 --extra demo)

"${compile[@]}" --universal --group dev --output-file constraints/dev.txt
"${compile[@]}" --resolution lowest-direct --group test --output-file constraints/min.txt
