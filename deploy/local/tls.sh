# shellcheck shell=bash
# The development CA, one certificate for each program, and the keys that the services share. All
# are made once and kept; remove DIR/tls or DIR/keys, with the programs down, to have new ones.

readonly CERTIFICATE_DAYS=3650

# make_certificate NAME USAGE SAN...
# A P-256 key in tls/NAME.key and a certificate of the development CA in tls/NAME.pem.
make_certificate() {
  local name=$1 usage=$2
  shift 2
  local names
  names=$(IFS=,; echo "$*")
  [[ -f tls/$name.pem ]] && return
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
    -keyout "tls/$name.key" -out "tls/$name.csr" 2>/dev/null
  openssl x509 -req -in "tls/$name.csr" -CA tls/ca.pem -CAkey tls/ca.key -days "$CERTIFICATE_DAYS" \
    -set_serial "0x$(openssl rand -hex 15)" -out "tls/$name.pem.new" 2>/dev/null -extfile <(
      printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'
      printf 'subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n'
      printf 'extendedKeyUsage=%s\nsubjectAltName=%s\n' "$usage" "$names"
    )
  rm "tls/$name.csr"
  mv "tls/$name.pem.new" "tls/$name.pem"
}

make_ca() {
  [[ -f tls/ca.pem ]] && return
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj '/CN=Restante development CA' -days "$CERTIFICATE_DAYS" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout tls/ca.key -out tls/ca.pem 2>/dev/null
}

# The services tell their callers apart by the role in the certificate's URI, and callers check the
# DNS name of the service.
make_certificates() {
  mkdir -p tls
  make_ca
  local both=serverAuth,clientAuth here=DNS:localhost,IP:127.0.0.1
  make_certificate auth "$both" URI:spiffe://restante/service/auth-0 \
    DNS:auth.restante.internal "$here"
  make_certificate mailstore "$both" URI:spiffe://restante/service/mailstore-0 \
    DNS:mailstore-0.restante.internal "$here"
  make_certificate lmtp "$both" URI:spiffe://restante/ingress/lmtp-0 \
    DNS:lmtp-0.restante.internal "$here"
  make_certificate pop3 "$both" URI:spiffe://restante/frontend/pop3-0 \
    DNS:pop3-0.restante.internal "$here"
  make_certificate operator clientAuth URI:spiffe://restante/reader/operator \
    URI:spiffe://restante/account-admin/operator URI:spiffe://restante/mail-admin/operator \
    URI:spiffe://restante/key-admin/operator URI:spiffe://restante/mover/operator
  # What mail clients see; it proves nothing to the services.
  make_certificate pop3-clients serverAuth "$here"
}

# 32 random bytes as 64 hexadecimal digits, readable by the owner alone.
make_key() {
  [[ -f $1 ]] && return
  mkdir -p "$(dirname "$1")"
  openssl rand -hex 32 >"$1.new"
  chmod 600 "$1.new"
  mv "$1.new" "$1"
}

make_keys() {
  make_key keys/auth/sealed_state_keys/k1.key
  # Not again where the first one was replaced by others.
  compgen -G 'keys/auth/credential_keys/*.key' >/dev/null || make_key keys/auth/credential_keys/k1.key
  make_key keys/auth/grant_keys/mailstore-0/k1.key
  # Both sides of a placement hold the same key, each in its own place.
  if [[ ! -f keys/mailstore/grant_keys/k1.key ]]; then
    mkdir -p keys/mailstore/grant_keys
    cp -p keys/auth/grant_keys/mailstore-0/k1.key keys/mailstore/grant_keys/k1.key
  fi
}
