#!/usr/bin/env bash
# Succeed if Node.js 20 or newer and npm are at hand; otherwise say what to install.
set -euo pipefail

if command -v node >/dev/null && command -v npm >/dev/null &&
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then
  exit 0
fi
echo "Node.js 20 or newer with npm is needed to build and test the panel: install it and run this again." >&2
exit 1
