#!/bin/sh
# A certificate authority of the team's own, and certificates for the Temporal server and for its clients, in ./team/tls.
# Arguments: names and addresses by which other machines call the server. Run it in the folder of docker-compose.yml.
# What is there stays: remove team/tls/server or team/tls/client to have new ones; after 825 days they have to be.
set -eu
umask 077
authority=team/tls/authority
mkdir -p "$authority"
names=DNS:temporal,DNS:localhost,IP:127.0.0.1
for name in "$@"; do
  case $name in
  *:* | [0-9]*.[0-9]*.[0-9]*.[0-9]*) names=$names,IP:$name ;;
  *) names=$names,DNS:$name ;;
  esac
done
if [ ! -s "$authority/ca.crt" ]; then
  openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 3650 -subj '/CN=kha team' -keyout "$authority/ca.key" \
    -out "$authority/ca.crt" -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
fi
certificate() {
  folder=team/tls/$1
  [ ! -s "$folder/$1.crt" ] || return 0
  mkdir -p "$folder"
  cp "$authority/ca.crt" "$folder/"
  printf 'subjectAltName=%s\nextendedKeyUsage=%s\nkeyUsage=critical,digitalSignature,keyEncipherment\n' "$3" "$4" >"$authority/$1.ext"
  openssl req -new -newkey rsa:3072 -nodes -subj "/CN=$2" -keyout "$folder/$1.key" -out "$authority/$1.csr" 2>/dev/null
  openssl x509 -req -sha256 -days 825 -in "$authority/$1.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" \
    -CAcreateserial -extfile "$authority/$1.ext" -out "$authority/$1.crt" 2>/dev/null
  mv "$authority/$1.crt" "$folder/$1.crt"
  rm "$authority/$1.ext" "$authority/$1.csr"
}
# The server's parts are clients of each other with the same certificate.
certificate server temporal "$names" serverAuth,clientAuth
certificate client kha-client DNS:kha-client clientAuth
echo 'team/tls is ready. Other machines get the folder team/tls/client. Keep team/tls/authority elsewhere: it is needed for new certificates only.'
