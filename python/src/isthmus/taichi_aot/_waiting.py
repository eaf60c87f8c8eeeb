"""Waiting for a runtime in a way that Ctrl-C ends."""

import ctypes
from typing import Any

from ._errors import checked
from ._ist_structs import IST_RUNG_HOST, IstSyncPoint
from ._library import api

# How long a signal may have to wait for Python to see it.
_SLICE_NS = 50_000_000


def wait(runtime: Any) -> None:
    """As ti_wait, but raises KeyboardInterrupt soon after Ctrl-C; the work then goes on. Raises TaichiError."""
    if runtime and api.has("ist_signal_point") and api.has("ist_finish_point"):
        _sleep_until_done(runtime)
    checked(api.ti_wait, runtime)


def _sleep_until_done(runtime: Any) -> None:
    point = IstSyncPoint(rung=IST_RUNG_HOST)
    checked(api.ist_signal_point, runtime, ctypes.byref(point))
    done = ctypes.c_uint32(0)
    while not done.value:
        # Between the slices the interpreter runs the handlers of signals.
        checked(api.ist_finish_point, runtime, ctypes.byref(point), _SLICE_NS, ctypes.byref(done))
