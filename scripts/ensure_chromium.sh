#!/usr/bin/env bash
# Print the path of a Chromium for the browser tests, installing it where that can be done without asking.
# The variable CHROMIUM, when set, names the one to use.
set -euo pipefail

if [ -n "${CHROMIUM:-}" ]; then
  command -v "$CHROMIUM" && exit 0
  echo "CHROMIUM=$CHROMIUM is not a program that can be run." >&2
  exit 1
fi

find_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

find_chromium && exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=(env); else as_root=(sudo -n env); fi
if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  echo "Installing Chromium for the browser tests." >&2
  if {
    "${as_root[@]}" apt-get update -q &&
      "${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium fonts-dejavu-core
  } >&2; then
    find_chromium && exit 0
  fi
fi

echo "The browser tests need Chromium: install it (on Debian: apt-get install chromium)," \
  "or name one: make CHROMIUM=/path/to/chromium …" >&2
exit 1
