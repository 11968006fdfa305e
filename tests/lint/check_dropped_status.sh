#!/bin/bash
# A dropped absl::Status or StatusOr must not compile with the project's flags.
set -euo pipefail
compiler=${1:-g++}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

compile() {
  "$compiler" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I. "$1" 2>"$directory/errors"
}

cat >"$directory/kept.cc" <<'SOURCE'
#include "absl/status/statusor.h"
absl::Status Write();
absl::StatusOr<int> Read();
bool Caller() { return Write().ok() && Read().ok(); }
SOURCE
cat >"$directory/dropped_status.cc" <<'SOURCE'
#include "absl/status/status.h"
absl::Status Write();
void Caller() { Write(); }
SOURCE
cat >"$directory/dropped_status_or.cc" <<'SOURCE'
#include "absl/status/statusor.h"
absl::StatusOr<int> Read();
void Caller() { Read(); }
SOURCE

compile "$directory/kept.cc" || { cat "$directory/errors"; exit 1; }
for dropped in dropped_status dropped_status_or; do
  if compile "$directory/$dropped.cc"; then
    echo "$dropped.cc compiled: a dropped status goes unnoticed"
    exit 1
  fi
  grep -q 'unused-result' "$directory/errors" || { cat "$directory/errors"; exit 1; }
done
echo "a dropped status does not compile"
