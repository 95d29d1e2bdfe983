#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what tests/packages/debian, which reads this, has set
# shellcheck disable=SC2016 # dollars are the loader's
# The upgrade from the version before, under what runs: tests/packages/debian has the root, the probes and the packages.

# older DEB: what it would have been one version ago, in packages/older: another number, and libraries with other bytes.
older() {
  local tree=$work/tree library
  rm -rf "$tree"
  dpkg-deb --raw-extract "$1" "$tree"
  sed -i -E 's/^(Version: .*|Depends: .*libcloexec \(= [^)]*)/\1~before/' "$tree/DEBIAN/control"
  echo before >"$work/note"
  while read -r library; do
    objcopy --add-section ".before=$work/note" "$library"
  done < <(find "$tree/usr/lib" -name libcloexec.so 2>/dev/null)
  (cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group --build "$tree" "$root/packages/older/${1##*/}"
}

# serve NAME [VARIABLE=VALUE]...: a probe that answers a line on the pipe NAME with two in the file NAME.said.
declare -A serving
serve() {
  mkfifo "$work/$1"
  : >"$work/$1.said"
  "${into[@]}" env "${@:2}" /probes/native serve <>"$work/$1" >>"$work/$1.said" 2>/dev/null &
  serving[$1]=$!
}

# answers NAME: what it says to one line more.
answers() {
  local before deadline=$((SECONDS + 60))
  before=$(wc -l <"$work/$1.said")
  echo >"$work/$1"
  until (($(wc -l <"$work/$1.said") >= before + 2)); do
    if ! kill -0 "${serving[$1]}" || ((SECONDS > deadline)); then echo "no answer"; return 1; fi
    sleep 0.1
  done
  tail -n +$((before + 1)) "$work/$1.said"
}

stop() {
  kill "${serving[$1]}"
  wait "${serving[$1]}" || true
  unset "serving[$1]"
}

readonly right=$'1 1\nclosed' line='/usr/$LIB/libcloexec.so'
# has_the_library_of_now PROBE
has_the_library_of_now() { ! in_root cloexec ps "${serving[$1]}" | grep replaced; }

upgrade() {
  local each
  mkdir "$root/packages/older"
  for each in "${debs[@]}"; do prepare older "$each"; done
  check "the version before goes in" in_root sh -c 'dpkg --install /packages/older/*.deb'
  serve variable "LD_PRELOAD=$line"
  echo "$line" >"$root/etc/ld.so.preload"
  serve file
  (cat "$root$example" && echo "exempt open path=/run/mine.lock") >"$root/etc/cloexec.conf"
  cp "$root/etc/cloexec.conf" "$work/conf"
  for each in variable file; do
    says "a program under the version before ($each)" 0 "$right" answers "$each"
    check "has the library that is there" has_the_library_of_now "$each"
  done

  says "is upgraded under these, and no program misses it" 1 "" grep "cannot be preloaded" <(install 2>&1)
  says "to the new version" 0 "$(dpkg-deb -f "${command_deb[0]}" Version)" in_root dpkg-query -W -f '${Version}' cloexec
  check "with its files" in_root dpkg --verify "${packages[@]}"
  for each in variable file; do
    says "the old program goes on ($each)" 0 "$right" answers "$each"
    says "and ps says what it runs on ($each)" 0 "*whose file was replaced*" in_root cloexec ps "${serving[$each]}"
    stop "$each"
  done
  serve new
  says "a new program" 0 "$right" answers new
  check "has the new library" has_the_library_of_now new
  stop new
  check "/etc/cloexec.conf is as it was" cmp "$root/etc/cloexec.conf" "$work/conf"
  rm -r "$root/packages/older"
}
