# shellcheck shell=bash
# The configuration files and the two files of shell variables, for the chosen ports.

PORT_BASE=${PORT_BASE:-}

# What DIR was made with goes before the default; another base means new configuration files.
choose_port_base() {
  local recorded
  recorded=$(cat port-base 2>/dev/null) || recorded=
  PORT_BASE=${PORT_BASE:-${recorded:-${RESTANTE_PORT_BASE:-10000}}}
  [[ $PORT_BASE =~ ^[0-9]{1,5}$ ]] && ((10#$PORT_BASE >= 1000 && 10#$PORT_BASE <= 64000)) ||
    die "the port base $PORT_BASE is not a number from 1000 to 64000"
  [[ $recorded != "$PORT_BASE" ]] || return 0
  if [[ -n $recorded ]]; then
    local program
    for program in "${ALL_PROGRAMS[@]}"; do
      ! is_running "$program" || die "$program runs with port base $recorded in $DIR" \
        "deploy/local/down$(dir_option), or leave --port-base out"
    done
    rm -rf config.before
    mv config config.before
    mkdir config
    say "ports moved from $recorded to $PORT_BASE: configuration written anew (the old: $DIR/config.before)"
  fi
  echo "$PORT_BASE" >port-base
}

# Writes standard input to config/PROGRAM.yaml unless the file is there: it is the user's to change.
write_once() {
  if [[ -f config/$1.yaml ]]; then
    cat >/dev/null
  else
    cat >"config/$1.yaml"
  fi
}

tls_section() {
  cat <<YAML
  certificate: $DIR/tls/$1.pem
  private_key: $DIR/tls/$1.key
  ca: $DIR/tls/ca.pem
YAML
}

# configure_PROGRAM writes the program's configuration to standard output.
write_configuration() {
  local program
  write_endpoints
  for program in "${ALL_PROGRAMS[@]}"; do
    "configure_$program" | write_once "$program"
  done
}

configure_pop3() {
  cat <<YAML
# restante-pop3; every key is described in docs/configuration/pop3.md.

# Lets clients on the loopback interface log on without TLS. Never outside a developer's machine.
development_mode: true

pop3_address: $(address 110)
pop3s_address: $(address 995)
client_tls:
  certificate: $DIR/tls/pop3-clients.pem
  private_key: $DIR/tls/pop3-clients.key

tls:
$(tls_section pop3)
auth:
  target: ipv4:$(address 1001)
  server_name: auth.restante.internal
mailstores:
  pattern:
    target: ipv4:$(address 1011)
    server_name: "{placement}.restante.internal"

metrics:
  address: $(address 1023)
health:
  address: $(address 1024)
YAML
}

configure_auth() {
  cat <<YAML
# restante-auth; every key is described in docs/configuration/auth.md.

# Lets clients on the loopback interface log on without TLS. Never outside a developer's machine.
development_mode: true
data_directory: $DIR/data/auth

rpc_address: $(address 1001)
management_address: $(address 1002)
tls:
$(tls_section auth)
sealed_state_keys:
  directory: $DIR/keys/auth/sealed_state_keys
credential_keys:
  directory: $DIR/keys/auth/credential_keys
grant_keys:
  directory: $DIR/keys/auth/grant_keys
backup_directory: $DIR/backups

ntlm:
  netbios_domain: CORP
  netbios_computer: RESTANTE
  dns_domain: corp.example

metrics:
  address: $(address 1003)
health:
  address: $(address 1004)
YAML
}

configure_mailstore() {
  cat <<YAML
# restante-mailstore; every key is described in docs/configuration/mailstore.md.

development_mode: true
placement: mailstore-0
data_directory: $DIR/data/mailstore

rpc_address: $(address 1011)
management_address: $(address 1012)
tls:
$(tls_section mailstore)
grant_keys:
  directory: $DIR/keys/mailstore/grant_keys
backup_directory: $DIR/mail-backups

metrics:
  address: $(address 1013)
health:
  address: $(address 1014)
YAML
}

configure_lmtp() {
  cat <<YAML
# restante-lmtp; every key is described in docs/configuration/lmtp.md.

development_mode: true

addresses:
  - $(address 24)

tls:
$(tls_section lmtp)
auth:
  target: ipv4:$(address 1001)
  server_name: auth.restante.internal
mailstores:
  pattern:
    target: ipv4:$(address 1011)
    server_name: "{placement}.restante.internal"

metrics:
  address: $(address 1033)
health:
  address: $(address 1034)
YAML
}

write_endpoints() {
  cat >endpoints.env.new <<ENV
RESTANTE_POP3=$(address 110)
RESTANTE_POP3S=$(address 995)
RESTANTE_LMTP=$(address 24)
RESTANTE_AUTH=$(address 1001)
RESTANTE_AUTH_ADMIN=$(address 1002)
RESTANTE_AUTH_METRICS=$(address 1003)
RESTANTE_MAILSTORE=$(address 1011)
RESTANTE_MAILSTORE_ADMIN=$(address 1012)
RESTANTE_MAILSTORE_METRICS=$(address 1013)
RESTANTE_POP3_METRICS=$(address 1023)
RESTANTE_LMTP_METRICS=$(address 1033)
ENV
  export_line endpoints.env.new
  cat >restantectl.env.new <<ENV
RESTANTE_AUTH_ADMIN=$(address 1002)
RESTANTE_MAILSTORE_ADMIN=$(address 1012)
RESTANTE_TLS_CA=$(printf %q "$DIR/tls/ca.pem")
RESTANTE_TLS_CERTIFICATE=$(printf %q "$DIR/tls/operator.pem")
RESTANTE_TLS_PRIVATE_KEY=$(printf %q "$DIR/tls/operator.key")
RESTANTE_AUTH_SERVER_NAME=auth.restante.internal
RESTANTE_MAILSTORE_SERVER_NAME=mailstore-0.restante.internal
ENV
  export_line restantectl.env.new
  # Whoever reads them meanwhile reads all of them.
  mv endpoints.env.new endpoints.env
  mv restantectl.env.new restantectl.env
}

# Both files are read by `.` in a shell as well as by programs that know only NAME=VALUE.
export_line() {
  local names
  names=$(cut -d = -f 1 "$1" | tr '\n' ' ')
  printf 'export %s\n# The programs are in %s\n' "${names% }" "$BIN_DIR" >>"$1"
}
