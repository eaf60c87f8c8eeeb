#!/bin/sh
# usage: on_driver.sh DRIVER COMMAND...
# Runs a command where OpenGL and OpenGL ES are of one driver: llvmpipe, zink-lavapipe or zink-swiftshader (for that,
# IST_TEST_SWIFTSHADER_ICD is as ../gl_host/on_swiftshader.sh says). Vulkan below zink is what the environment says.
driver=$1
shift
case $driver in
  llvmpipe) export LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe ;;
  # zink takes a Vulkan device that is a CPU only when software rendering is asked for.
  zink-lavapipe) export MESA_LOADER_DRIVER_OVERRIDE=zink GALLIUM_DRIVER=zink LIBGL_ALWAYS_SOFTWARE=1 ;;
  zink-swiftshader) exec "$(dirname "$0")/../gl_host/on_swiftshader.sh" "$@" ;;
  *)
    echo "There is no driver '$driver'." >&2
    exit 2
    ;;
esac
exec "$@"
