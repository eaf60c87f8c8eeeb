#!/bin/sh
# Runs a Python script with the interpreter that has the released taichi; exit code 77 (skip) without one.
if [ -z "$IST_RELEASED_PYTHON" ]; then
  echo "skipped: the released taichi is not installed (./dev test puts it into build/venv)."
  exit 77
fi
exec "$IST_RELEASED_PYTHON" "$@"
