#!/bin/bash
# clang-tidy over our own sources (not the tests), on every core.
#
#   check_tidy.sh BUILD_DIRECTORY              all; half an hour on two cores the first time
#   check_tidy.sh BUILD_DIRECTORY --pure       floors 0 and 1, which CI does: all that parses and decides
#   check_tidy.sh BUILD_DIRECTORY FILE...
#
# A file whose text, headers and checks are as they were at its last clean run is passed over: the
# list of clean runs is kept in BUILD_DIRECTORY/tidy.
set -euo pipefail
build=$1
shift
pure=(common/audit common/base common/crypto auth-service/{ntlm,sasl,directory,authority,logon}
  pop3-frontend/protocol mailstore-service/{store,lmtp/protocol} ':!**/rocksdb')
case ${1:-} in
  '') mapfile -t files < <(git ls-files '*.cc' ':!*_test.cc' ':!tests') ;;
  --pure) mapfile -t files < <(git ls-files "${pure[@]}" | grep '\.cc$' | grep -v '_test\.cc$') ;;
  *) files=("$@") ;;
esac
mkdir -p "$build/tidy"
# clang cannot read the precompiled headers of gcc, and must see that each file includes what it uses.
sed -E 's/-Winvalid-pch -include [^ ]+ //' "$build/compile_commands.json" >"$build/tidy/compile_commands.json"

tidy_one() {
  build=$1 file=$2
  key=$({ cat .clang-tidy "$file"; clang++ -E -P -std=c++20 -w -DASIO_STANDALONE \
    -DASIO_HAS_CO_AWAIT=1 -DASIO_HAS_STD_COROUTINE=1 -DSPDLOG_FMT_EXTERNAL \
    -I. -isystem "$build/protos" "$file" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1)
  [[ -e $build/tidy/$key ]] && return
  if clang-tidy -p "$build/tidy" --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-DASIO_HAS_CO_AWAIT=1 --extra-arg=-DASIO_HAS_STD_COROUTINE=1 \
    "$file" >"$build/tidy/$key.log" 2>&1; then
    rm -f "$build/tidy/$key.log"
    touch "$build/tidy/$key"
  else
    cat "$build/tidy/$key.log"
    return 1
  fi
}
export -f tidy_one
# shellcheck disable=SC2016 # the inner shell expands them
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'tidy_one "$0" "$1"' "$build"
echo "${#files[@]} files are clean"
