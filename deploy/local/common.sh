# shellcheck shell=bash
# What `up` and `down` share: where things are, and which programs run.

# Set by the two programs after reading their arguments.
DIR=
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# In the order in which they are started; stopped in the opposite one.
readonly ALL_PROGRAMS=(auth mailstore lmtp pop3)

say() { printf '%s %s\n' "$(date +%T)" "$*"; }

# die MESSAGE [NEXT STEP]
die() {
  printf 'error: %s\n' "$1" >&2
  (($# < 2)) || printf 'next:  %s\n' "$2" >&2
  exit 1
}

# Prints the program's own name. One mailstore runs here, and its shard's name means it too.
program_name() {
  case $1 in
    auth | mailstore | lmtp | pop3) echo "$1" ;;
    mailstore-0) echo mailstore ;;
    mailstore-[0-9]*) die "there is no $1: one mailstore runs here" "say mailstore" ;;
    *) die "there is no program $1" "say any of: ${ALL_PROGRAMS[*]}" ;;
  esac
}

absolute_path() {
  case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
  esac
}

pid_file() { echo "$DIR/run/$1.pid"; }
log_file() { echo "$DIR/log/$1.log"; }

# True when the recorded process lives and is that program: after a crash of the machine the number
# may belong to somebody else.
is_running() {
  local pid
  pid=$(cat "$(pid_file "$1")" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  # The state is read too: a killed program stays a zombie until its parent looks at it.
  local state
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || return 1
  [[ -n $state && $state != Z ]] || return 1
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "$DIR/config/$1.yaml"
}

# stop_programs SIGNAL SECONDS PROGRAM...
# Returns 1 with a message when one is still there after that time.
stop_programs() {
  local signal=$1 seconds=$2 program pid
  shift 2
  local running=()
  for program in "$@"; do
    if is_running "$program"; then
      running+=("$program")
      kill "-$signal" "$(cat "$(pid_file "$program")")" 2>/dev/null || true
    else
      rm -f "$(pid_file "$program")"
    fi
  done
  local deadline=$((SECONDS + seconds))
  for program in ${running[@]+"${running[@]}"}; do
    pid=$(cat "$(pid_file "$program")" 2>/dev/null) || pid=gone
    while is_running "$program"; do
      if ((SECONDS >= deadline)); then
        printf 'error: %s (process %s) is still running after %s s\n' "$program" "$pid" "$seconds" >&2
        printf 'next:  deploy/local/down --dir %q --kill %s\n' "$DIR" "$program" >&2
        return 1
      fi
      sleep 0.05
    done
    rm -f "$(pid_file "$program")"
    say "$program stopped"
  done
}
