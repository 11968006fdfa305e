# shellcheck shell=bash
# Starting programs and waiting until they are ready.

readonly READY_SECONDS=30

address() { echo "127.0.0.1:$((PORT_BASE + $1))"; }

dir_option() {
  [[ $DIR == "$ROOT/.restante" ]] || printf ' --dir %q' "$DIR"
}

# The listeners of a program, as offsets from the port base.
ports_of() {
  case $1 in
    auth) echo 1001 1002 1003 1004 ;;
    mailstore) echo 1011 1012 1013 1014 ;;
    lmtp) echo 24 1033 1034 ;;
    pop3) echo 110 995 1023 1024 ;;
  esac
}

health_port_of() {
  case $1 in
    auth) echo 1004 ;;
    mailstore) echo 1014 ;;
    lmtp) echo 1034 ;;
    pop3) echo 1024 ;;
  esac
}

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

check_ports_free() {
  local offset
  for offset in $(ports_of "$1"); do
    if port_in_use $((PORT_BASE + offset)); then
      die "port $((PORT_BASE + offset)), which $1 needs, is in use by another program" \
        "find it with: ss -ltnp sport = :$((PORT_BASE + offset)); or take other ports with --port-base"
    fi
  done
}

# grpc.health.v1 Check of the service "ready" on the plaintext health listener. Request and answer are
# a five-octet frame head (0, length) and a message of one field; the answer is 1 when serving.
is_ready() {
  local answer
  answer=$(printf '\0\0\0\0\7\12\5ready' |
    curl -s --max-time 2 --http2-prior-knowledge --data-binary @- \
      -H 'Content-Type: application/grpc' -H 'TE: trailers' \
      "http://$(address "$(health_port_of "$1")")/grpc.health.v1.Health/Check" 2>/dev/null |
    od -An -v -tx1 | tr -d ' \n') || return 1
  [[ $answer == 00000000020801 ]]
}

# A program that did not come up: what it said last, and where the rest is.
report_failure() {
  printf '%s\n' "--- the end of $(log_file "$1") ---" >&2
  tail -n 20 "$(log_file "$1")" >&2
  printf '%s\n' '---' >&2
  die "$2" "mend the cause, then: deploy/local/up$(dir_option)"
}

# What this run of `up` has started, so that a failed or interrupted one leaves nothing behind.
STARTED=()

undo_start() {
  local status=$?
  ((${#STARTED[@]} == 0)) && exit "$status"
  stop_programs TERM 5 "${STARTED[@]}" >/dev/null 2>&1 || stop_programs KILL 5 "${STARTED[@]}"
  exit "$status"
}

start_program() {
  local program=$1
  check_ports_free "$program"
  # In a session of its own: Ctrl-C must reach `up` alone, which then stops the programs in order.
  setsid "$BIN_DIR/restante-$program" --config "$DIR/config/$program.yaml" \
    </dev/null >>"$(log_file "$program")" 2>&1 9>&- &
  echo $! >"$(pid_file "$program")"
  STARTED+=("$program")
}

wait_until_ready() {
  local program=$1 deadline=$((SECONDS + READY_SECONDS))
  until is_ready "$program"; do
    # Looked at after the health check failed, so that a program between fork and exec is not missed.
    sleep 0.05
    if ! kill -0 "$(cat "$(pid_file "$program")")" 2>/dev/null; then
      rm -f "$(pid_file "$program")"
      report_failure "$program" "$program did not start"
    fi
    ((SECONDS < deadline)) ||
      report_failure "$program" "$program is not ready after $READY_SECONDS s (it still runs)"
  done
  say "$program is ready"
}

# All are started before any is waited for: a front end is ready when the services behind it are.
start_programs() {
  local program
  trap undo_start EXIT
  trap 'exit 130' INT TERM
  for program in "$@"; do
    if is_running "$program"; then
      say "$program runs already"
    else
      start_program "$program"
    fi
  done
  for program in "$@"; do
    wait_until_ready "$program"
  done
}

stay_until_interrupted() {
  trap 'printf "\n"; say "stopping"; stop_programs TERM 100 pop3 lmtp mailstore auth; exit 0' INT TERM
  trap - EXIT
  say "Ctrl-C stops all"
  local program running=("${programs[@]}") still
  while ((${#running[@]})); do
    sleep 0.5
    still=()
    for program in "${running[@]}"; do
      if is_running "$program"; then
        still+=("$program")
      elif [[ -f $(pid_file "$program") ]]; then
        say "$program has ended by itself; its log is $(log_file "$program")"
      else
        say "$program was stopped"
      fi
    done
    running=(${still[@]+"${still[@]}"})
  done
}
