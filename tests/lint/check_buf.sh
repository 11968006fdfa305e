#!/bin/bash
# The style of the protos, by buf lint (protos/buf.yaml). buf comes from npm: exit 77, which ctest
# shows as skipped, where it cannot be had.
set -euo pipefail
cd protos
readonly BUF=(npx --yes @bufbuild/buf@1.75.0)
if ! command -v npx >/dev/null; then
  echo "skipped: no npx"
  exit 77
elif ! timeout 120 "${BUF[@]}" --version >/dev/null 2>&1; then
  echo "skipped: npm does not give @bufbuild/buf"
  exit 77
fi
"${BUF[@]}" lint
echo "buf has nothing to say"
