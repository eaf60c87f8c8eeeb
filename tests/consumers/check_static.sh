#!/bin/sh
# A program linked with the archive needs no library of ours, nor of what the archive is linked with. Usage: check_static.sh PROGRAM
readelf -d "$1" | grep NEEDED | grep -e taichi -e spirv -e minizip -e 'libz\.' || exit 0
exit 1
