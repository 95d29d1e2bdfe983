#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of the packages share: counted checks, and what there is in a root before and after.
passed=0 failed=0

# check WHAT COMMAND...: good when it succeeds.
check() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n%s\n' "$what" "$said"
  fi
}

# says WHAT STATUS PATTERN COMMAND...: good when it ends with the status, and all that it says matches the pattern.
says() {
  local what=$1 expected=$2 pattern=$3 said status=0
  shift 3
  said=$("$@" 2>&1) || status=$?
  # shellcheck disable=SC2053 # a pattern it is
  if [[ $status == "$expected" && $said == $pattern ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: status %s, not %s, or not %s\n%s\n' "$what" "$status" "$expected" "$pattern" "$said"
  fi
}

# contents ROOT [FOLDER...]: every file with its mode, owner, link and bytes, but for what is in the folders.
contents() {
  local from=$1 skip=() each
  shift
  for each in "$@"; do skip+=(-path "./$each" -prune -o); done
  (
    cd "$from" || exit
    find . -xdev "${skip[@]}" -printf '%p %y %m %U:%G %l\n' | sort
    find . -xdev "${skip[@]}" -type f -print0 | sort -z | xargs -0r sha256sum
  )
}

verdict() {
  echo "$1: $passed passed, $failed failed"
  ((failed == 0))
}
