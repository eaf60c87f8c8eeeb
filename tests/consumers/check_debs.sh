#!/bin/sh
# What the Debian packages say of themselves, and that no file is in two of them. Usage: check_debs.sh FOLDER LIBDIR HAS_LLVM
set -u
cd "$1" || exit 1
lib=$2
has_llvm=$3
failed=0
wrong() {
  echo "$*"
  failed=1
}
field() { dpkg-deb -f "$1"_*.deb "$2"; }
holds() { dpkg-deb -c "$1"_*.deb | awk '{ print $6 }' | grep -q "^\./usr/$2\$" || wrong "$1 lacks $2."; }
depends() { field "$1" Depends | tr ',' '\n' | grep -q "^ *$2" || wrong "$1 does not depend on $2: $(field "$1" Depends)"; }

version=$(field isthmus Version)
case $version in 1:*-2) ;; *) wrong "The version is $version, without epoch or release." ;; esac
holds isthmus "$lib/libtaichi_c_api.so"
holds isthmus bin/isthmus
holds isthmus share/isthmus/modules/mpm88.tcm
depends isthmus 'libc6 (>= '
field isthmus Recommends | grep -q libvulkan1 || wrong "isthmus does not recommend libvulkan1."
holds isthmus-dev include/taichi/taichi_core.h
holds isthmus-dev "$lib/pkgconfig/isthmus.pc"
depends isthmus-dev "isthmus (= $version)"
dpkg-deb --fsys-tarfile isthmus-dev_*.deb | tar xO "./usr/$lib/pkgconfig/isthmus.pc" | grep -qx prefix=/usr ||
  wrong "isthmus.pc does not name /usr."
packages="isthmus isthmus-dev"
if [ "$has_llvm" = 1 ]; then
  packages="$packages isthmus-llvm"
  holds isthmus-llvm "$lib/libisthmus_llvm.so"
  depends isthmus-llvm libllvm15
  depends isthmus-llvm "isthmus (= $version)"
fi
field isthmus Depends | grep -q -i -e llvm -e vulkan -e libgl && wrong "isthmus depends on what it opens at run time."

for package in $packages; do
  [ "$(field "$package" Package)" = "$package" ] || wrong "The package $package is missing."
  field "$package" Maintainer | grep -q '<.*@.*>' || wrong "$package names no maintainer."
  [ "$(field "$package" Architecture)" = "$(dpkg --print-architecture)" ] || wrong "$package is of another architecture."
  dpkg-deb -c "$package"_*.deb | awk '$2 != "root/root"' | grep . && wrong "$package has files that are not root's."
done
for package in $packages; do dpkg-deb -c "$package"_*.deb | awk '$1 !~ /^d/ { print $6 }'; done | sort | uniq -d | grep . &&
  wrong "These files are in two packages."
exit "$failed"
