#!/bin/bash
# Shell scripts pass shellcheck, YAML files yamllint.
set -euo pipefail
mapfile -t scripts < <(git ls-files | while read -r file; do
  [[ -f $file ]] || continue
  if head -c 40 "$file" | grep -aqE '^#!(/bin/bash|/bin/sh|/usr/bin/env bash)'; then echo "$file"; fi
done)
shellcheck -x -P SCRIPTDIR "${scripts[@]}"
git ls-files '*.yaml' '*.yml' | xargs -r yamllint -d '{extends: relaxed, rules: {line-length: {max: 140}}}'
echo "${#scripts[@]} scripts and the YAML files are clean"
