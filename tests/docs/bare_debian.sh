#!/bin/sh
# Carries pages out on a Debian 12 with nothing on it but Python, which reads them: bare_debian.sh FOLDER PAGE...
# Needs root, and debootstrap where FOLDER does not hold a system yet. Packages come from where this machine's come from.
# The repository's last commit is what the pages see.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
repository=$(cd "$(dirname "$0")/../.." && pwd)

sources_of_this_machine() {
  mkdir -p "$folder/etc/apt/sources.list.d" "$folder/etc/apt/apt.conf.d" "$folder/etc/ssl" "$folder/usr/local/share"
  cp /etc/apt/sources.list "$folder/etc/apt/" 2>/dev/null || : >"$folder/etc/apt/sources.list"
  cp /etc/apt/sources.list.d/debian.* "$folder/etc/apt/sources.list.d/" 2>/dev/null || true
  for file in /etc/apt/apt.conf.d/*; do
    # What says how to reach the archive, not what depends on programs that are not there.
    if grep -qE '^ *(Acquire|APT::Install)' "$file" && ! grep -q 'DPkg::' "$file"; then cp "$file" "$folder/etc/apt/apt.conf.d/"; fi
  done
  cp /etc/resolv.conf /etc/hosts "$folder/etc/"
  if [ -f /etc/pip.conf ]; then cp /etc/pip.conf "$folder/etc/"; fi
  # Certificates of this machine's own, where its archives are behind some.
  if [ -d /usr/local/share/ca-certificates ]; then cp -r /usr/local/share/ca-certificates "$folder/usr/local/share/"; fi
  rm -rf "$folder/etc/ssl/certs"
  cp -rL /etc/ssl/certs "$folder/etc/ssl/"
}

if [ ! -x "$folder/usr/bin/apt-get" ]; then
  mirror=$(sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+).*/\2/p' /etc/apt/sources.list \
    /etc/apt/sources.list.d/debian.* 2>/dev/null | head -n 1)
  debootstrap --variant=minbase bookworm "$folder" "$mirror"
fi
sources_of_this_machine
for point in dev proc; do
  mountpoint -q "$folder/$point" || mount --rbind "/$point" "$folder/$point"
done
trap 'umount -l "$folder/dev" "$folder/proc"' EXIT

inside() { chroot "$folder" /usr/bin/env DEBIAN_FRONTEND=noninteractive "$@"; }
inside apt-get -q update >/dev/null
inside apt-get -q install -y --no-install-recommends python3 >/dev/null
rm -rf "$folder/isthmus"
mkdir "$folder/isthmus"
git -C "$repository" archive HEAD | tar x -C "$folder/isthmus"
for page in "$@"; do
  inside python3 /isthmus/tests/docs/page.py "/isthmus/$page" --bare
done
