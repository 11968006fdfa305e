# shellcheck shell=bash
# The main job, shown once: Windows account CORP\jsmith, mailbox john.smith.

readonly DEMO_WINDOWS_NAME='CORP\jsmith' DEMO_ALIAS=john.smith DEMO_ADDRESS=john.smith@corp.example

ctl() {
  (
    set -a
    # shellcheck disable=SC1091
    . "$DIR/restantectl.env"
    exec "$BIN_DIR/restantectl" "$@"
  )
}

demo_failed() {
  die "the demonstration failed: $1" "the services' logs are in $DIR/log"
}

create_demo_account() {
  [[ -f demo-password ]] || openssl rand -hex 8 >demo-password
  if ctl accounts get jsmith >/dev/null 2>&1; then
    say "demo 1/4: account $DEMO_WINDOWS_NAME with mailbox $DEMO_ALIAS is there from before"
    return
  fi
  say "demo 1/4: restantectl accounts create jsmith --windows-name '$DEMO_WINDOWS_NAME'" \
    "--alias $DEMO_ALIAS --address $DEMO_ADDRESS --password-stdin"
  # Without the line's end, which is no part of the password.
  tr -d '\n' <demo-password | ctl accounts create jsmith --windows-name "$DEMO_WINDOWS_NAME" \
    --alias "$DEMO_ALIAS" --address "$DEMO_ADDRESS" --password-stdin >/dev/null ||
    demo_failed "the account could not be created"
}

deliver_demo_message() {
  say "demo 2/4: a mail server delivers a message to $DEMO_ADDRESS by LMTP ($(address 24))"
  "$ROOT/deploy/local/deliver" --lmtp "$(address 24)" --from postmaster@corp.example \
    --to "$DEMO_ADDRESS" <<MESSAGE || demo_failed "the message was not accepted"
From: Postmaster <postmaster@corp.example>
To: John Smith <$DEMO_ADDRESS>
Subject: Held for you
Date: $(date -R)
Message-ID: <demo.$(date +%s).$$@corp.example>

This message is for $DEMO_ALIAS.
Whoever proves to be $DEMO_WINDOWS_NAME reads it.
MESSAGE
}

# The password goes in by standard input: a process list shows nobody's.
fetch_by_ntlm() {
  printf 'user = "%s:%s"\n' "${DEMO_WINDOWS_NAME//\\/\\\\}" "$(cat demo-password)" |
    curl -sS --max-time 30 --config - --login-options AUTH=NTLM "pop3://$(address 110)/$1"
}

fetch_demo_message() {
  say "demo 3/4: curl --login-options AUTH=NTLM -u '$DEMO_WINDOWS_NAME:...' pop3://$(address 110)/"
  local listing newest
  listing=$(fetch_by_ntlm '') || demo_failed "the logon"
  newest=$(tail -n 1 <<<"$listing" | cut -d ' ' -f 1)
  fetch_by_ntlm "$newest" | tr -d '\r' | sed 's/^/    | /' || demo_failed "reading the message"
}

explain_demo_logon() {
  say "demo 4/4: restantectl explain-logon --name '$DEMO_WINDOWS_NAME' --mechanism NTLM"
  ctl explain-logon --name "$DEMO_WINDOWS_NAME" --mechanism NTLM | sed 's/^/    | /' ||
    demo_failed "explaining the logon"
}

run_demo() {
  create_demo_account
  deliver_demo_message
  fetch_demo_message
  explain_demo_logon
  say "the password is in $DIR/demo-password"
}
