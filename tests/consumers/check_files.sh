#!/bin/sh
# What an installation holds: no file knows the folder it was built in or installed to first, the library asks for the C
# library alone, and the program finds the library beside it. Usage: check_files.sh PREFIX LIBDIR FOREIGN_FOLDER...
set -u
prefix=$1
lib=$2
shift 2
failed=0
wrong() {
  echo "$*"
  failed=1
}

for file in $lib/libtaichi_c_api.so bin/isthmus include/taichi/taichi_core.h include/taichi/cpp/taichi.hpp include/ist/core.h \
  include/ist/share.h include/ist/cpp/share.hpp $lib/cmake/Taichi/TaichiConfig.cmake $lib/cmake/Taichi/TaichiConfigVersion.cmake \
  $lib/cmake/Taichi/TaichiTargets.cmake $lib/cmake/Isthmus/IsthmusConfig.cmake $lib/pkgconfig/taichi_c_api.pc \
  $lib/pkgconfig/isthmus.pc share/isthmus/cmake/FindTaichi.cmake share/isthmus/modules/fields.tcm \
  share/bash-completion/completions/isthmus share/zsh/vendor-completions/_isthmus share/fish/vendor_completions.d/isthmus.fish \
  share/doc/isthmus/LICENSE share/doc/isthmus/THIRD_PARTY.md; do
  [ -f "$prefix/$file" ] || wrong "$file is not installed."
done

for folder in "$@"; do
  # As a whole path: a folder /isthmus is not known by who says $XDG_RUNTIME_DIR/isthmus.
  pattern=$(printf '%s' "$folder" | sed 's/[][\.*^$+?(){}|]/\\&/g')
  found=$(grep -rIlE -e "(^|[^[:alnum:]_./}-]|-[IL])$pattern(/|[^[:alnum:]_.-]|\$)" "$prefix")
  [ -z "$found" ] || wrong "These files know the folder $folder: $found"
done

size=$(du -sk --apparent-size "$prefix/share/isthmus" | cut -f1)
[ "$size" -le 300 ] || wrong "share/isthmus holds $size KiB."

needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
search_path() { # tag and folders
  readelf -d "$1" | sed -n -E 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]/\1 \2/p'
}
only() { # FILE PATTERN: each library that FILE needs matches
  for library in $(needed "$1"); do
    echo "$library" | grep -qxE "$2" || wrong "${1#"$prefix"/} needs $library."
  done
}

c='libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|ld-linux.*'
cxx="$c|libstdc\+\+\.so\.6|libgcc_s\.so\.1"
only "$prefix/$lib/libtaichi_c_api.so" "$c"
only "$prefix/bin/isthmus" "$cxx|libtaichi_c_api\.so"
for library in "$prefix/$lib/libtaichi_c_api.so" "$prefix/$lib/libisthmus_llvm.so"; do
  [ ! -f "$library" ] || [ -z "$(search_path "$library")" ] || wrong "${library#"$prefix"/} has a search path: $(search_path "$library")"
done
[ ! -f "$prefix/$lib/libisthmus_llvm.so" ] || only "$prefix/$lib/libisthmus_llvm.so" "$cxx|libLLVM-15\.so\.1"
# RPATH: its own library comes before those of LD_LIBRARY_PATH.
[ "$(search_path "$prefix/bin/isthmus")" = "RPATH \$ORIGIN/../$lib" ] || wrong "bin/isthmus searches '$(search_path "$prefix/bin/isthmus")'."
exit "$failed"
