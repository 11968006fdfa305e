# shellcheck shell=bash
# From sources to programs: sets BIN_DIR.

BIN_DIR=

install_missing_packages() {
  local package missing=()
  while read -r package; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done <"$ROOT/deploy/local/packages.txt"
  ((${#missing[@]})) || return 0
  local sudo=()
  ((EUID == 0)) || sudo=(sudo)
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! {
    "${sudo[@]}" apt-get update -q &&
      "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the packages could not be installed" "sudo apt-get install ${missing[*]}"
  fi
  rm -f "$log"
}

# Runs a build step with its output in a log. On a terminal ninja shows its own progress; elsewhere
# a line every 20 seconds says how far it is.
build_step() {
  local log=$ROOT/build/release.log
  mkdir -p "$ROOT/build"
  if [[ -t 1 && $1 == --build ]]; then
    (cd "$ROOT" && cmake "$@") || die "the build failed" "read the messages above"
    return
  fi
  (cd "$ROOT" && exec cmake "$@") >"$log" 2>&1 &
  local pid=$! next=$((SECONDS + 20))
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS >= next)); then
      say "  $(grep -o '^\[[0-9]*/[0-9]*\]' "$log" | tail -n 1) ..."
      next=$((SECONDS + 20))
    fi
  done
  if ! wait "$pid"; then
    tail -n 40 "$log" >&2
    die "the build failed" "the whole output is in $log"
  fi
}

provide_programs() {
  if [[ -n ${RESTANTE_BIN_DIR:-} ]]; then
    BIN_DIR=$(absolute_path "$RESTANTE_BIN_DIR")
  else
    install_missing_packages
    say "building the release (minutes at first, seconds afterwards)"
    build_step --preset release
    build_step --build --preset release --target restante_programs
    BIN_DIR=$ROOT/build/release/bin
  fi
  local program
  for program in restante-auth restante-mailstore restante-lmtp restante-pop3 restantectl; do
    [[ -x $BIN_DIR/$program ]] || die "there is no program $BIN_DIR/$program" \
      "build it: cmake --workflow --preset check, or unset RESTANTE_BIN_DIR"
  done
}
