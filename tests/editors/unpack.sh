#!/usr/bin/env bash
# unpack.sh PACKAGE PROGRAM OLDEST [NAME=VALUE…]: a current PACKAGE of Debian's sid with its own libraries, in the user's
# cache. Prints the path of a launcher for PROGRAM, a path inside the package. Fails if its version is below OLDEST.
# NAME=VALUE sets a variable for it; @ stands for the folder. Touches nothing of the system; needs apt-get and dpkg.
set -euo pipefail
package=$1 program=$2 oldest=$3
shift 3

cache=${XDG_CACHE_HOME:-$HOME/.cache}/unsorry
recipe=$({ cat "$0"; echo "$package $program $oldest $*"; dpkg --print-architecture; } | sha256sum | cut -c1-12)
home=$cache/$package-sid-$recipe
mkdir -p "$cache"

install_into() {
  local draft=$1 mirror keyring options
  mkdir -p "$draft"/{archives/partial,lists/partial,root}
  : > "$draft/status"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | grep '/debian/*$' | head -1)
  # Newer systems trust no key by itself.
  keyring=$(ls /usr/share/keyrings/debian-archive-keyring.{gpg,pgp} 2>/dev/null | head -1 || true)
  echo "deb ${keyring:+[signed-by=$keyring] }${mirror:?no mirror of Debian among the sources of apt} sid main" > "$draft/sources.list"
  # An empty status: all that the package needs is taken, libc too.
  options=(-o "Dir::Etc::SourceList=$draft/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$draft/lists"
    -o "Dir::State::status=$draft/status" -o "Dir::Cache::archives=$draft/archives" -o APT::Install-Recommends=0
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= -o Acquire::Languages=none
    -o Acquire::Retries=3)
  apt-get "${options[@]}" -qq update >&2
  apt-get "${options[@]}" -qq -y --download-only install "$package" patchelf >&2
  local deb
  for deb in "$draft"/archives/*.deb; do dpkg -x "$deb" "$draft/root"; done
  local version
  version=$(dpkg-deb -f "$draft"/archives/"$package"_*.deb Version)
  if dpkg --compare-versions "$version" lt "$oldest"; then
    echo "$package of Debian's sid is $version here; $oldest or later is needed." >&2
    exit 1
  fi
  echo "$version" > "$draft/version"
  rm -r "$draft"/{archives,lists}
}

# The program is made to use the loader and the libraries that came with it; what it starts uses the system's.
tie_together() {
  local root=$1/root loader libraries
  loader=$(cd "$root" && ls usr/lib*/ld-linux-*.so.* usr/lib/*/ld-linux-*.so.* 2>/dev/null | head -1)
  libraries=$(ls -d "$root"/usr/lib/*-linux-gnu "$root"/usr/lib/*-linux-gnu/*/ | paste -sd:)
  "$root/$loader" --library-path "$libraries" "$root/usr/bin/patchelf" --set-interpreter "$home/root/$loader" \
    --force-rpath --set-rpath "${libraries//"$1"/"$home"}" "$(readlink -f "$root/$program")"
}

write_launcher() {
  local draft=$1 setting
  shift
  {
    echo '#!/bin/sh'
    for setting in "$@"; do echo "export ${setting//@/$home/root}"; done
    echo "exec '$home/root/$program' \"\$@\""
  } > "$draft/run"
  chmod +x "$draft/run"
}

if [ ! -x "$home/run" ]; then
  exec 9> "$cache/$package-sid.lock"
  flock 9
  if [ ! -x "$home/run" ]; then
    { command -v apt-get && command -v dpkg; } >/dev/null || { echo "$package is unpacked from Debian's packages: apt-get and dpkg are needed." >&2; exit 1; }
    echo "Unpacking a current $package (once)…" >&2
    rm -rf "$home".draft-*
    draft=$home.draft-$$
    install_into "$draft"
    tie_together "$draft"
    write_launcher "$draft" "$@"
    mv "$draft" "$home"
  fi
fi
echo "$home/run"
