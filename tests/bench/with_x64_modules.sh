#!/bin/sh
# Runs bench with the modules in the folder $1, and beside the released library; exit code 77 (skip) without either.
modules=$1
shift
if [ -z "$IST_RELEASED_LIBRARY" ] || [ ! -d "$modules/folders/mpm88" ]; then
  echo "skipped: the released taichi, which makes modules for the CPU, is not installed (./dev test puts it into build/venv)."
  exit 77
fi
exec "$@" --modules-x64 "$modules" --peer "$IST_RELEASED_LIBRARY"
