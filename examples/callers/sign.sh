#!/usr/bin/env bash
# Prints the Authorization of one call of an application, by openssl alone.
#
#   sign.sh METHOD URL [BODY_FILE [IDEMPOTENCY_KEY]]
#
# APP_ID             the application's id in the policy
# APP_KEY            the file of its private key, in PEM (countersign app new APP_ID --pem)
# APP_KID            the key's id, as the policy lists it (`kid`)
# COUNTERSIGN_API_URL  the service's address, as the service has it, without a slash at its end
#
# URL is the whole address, exactly as it is called. Make a new one for each try, and give curl the same body:
#
#   curl -H "Authorization: $(./sign.sh POST "$url" body.json "$key")" -H "Idempotency-Key: \"$key\"" \
#     -H 'Content-Type: application/json' --data-binary @body.json "$url"
set -euo pipefail

method=$1 url=$2 body=${3:-/dev/null} key=${4-}

for text in "$APP_ID" "$APP_KID" "$COUNTERSIGN_API_URL" "$method" "$url" "$key"; do
  # So that each stands in JSON as it is.
  if [[ $text =~ [^\ -~] || $text == *[\"\\]* ]]; then
    echo "sign.sh: no quotes, backslashes or letters beyond ASCII: $text" >&2
    exit 2
  fi
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }

case $(openssl pkey -in "$APP_KEY" -noout -text) in
  *prime256v1*) alg=ES256 ;;
  ED25519*) alg=EdDSA ;;
  *modulus*) alg=RS256 ;;
  *) echo "sign.sh: $APP_KEY is no P-256, Ed25519 or RSA key" >&2; exit 2 ;;
esac

now=$(date +%s)
claims=$(printf '{"iss":"%s","aud":"%s","iat":%d,"exp":%d,"jti":"%s","htm":"%s","htu":"%s","bsh":"%s"' \
  "$APP_ID" "$COUNTERSIGN_API_URL" "$now" "$((now + 120))" "$(openssl rand -hex 16)" "$method" "$url" \
  "$(openssl dgst -sha256 -binary "$body" | base64url)")
[[ -z $key ]] || claims+=$(printf ',"ik":"%s"' "$key")

header=$(printf '{"alg":"%s","kid":"%s","typ":"countersign-app+jwt"}' "$alg" "$APP_KID" | base64url)
signed=$header.$(printf '%s}' "$claims" | base64url)
printf %s "$signed" > "$folder/signed"

# openssl writes the two numbers of an ES256 signature as ASN.1; a token has them side by side, 32 bytes each.
es256() {
  local number
  openssl dgst -sha256 -sign "$APP_KEY" -binary "$folder/signed" | openssl asn1parse -inform DER |
    sed -n 's/.*INTEGER *://p' | while read -r number; do
      number=$(printf '%64s' "$number" | tr ' ' 0)
      # shellcheck disable=SC2059 - it is made of the bytes' numbers
      printf "$(sed 's/../\\x&/g' <<< "$number")"
    done
}

case $alg in
  ES256) es256 ;;
  EdDSA) openssl pkeyutl -sign -inkey "$APP_KEY" -rawin -in "$folder/signed" ;;
  RS256) openssl dgst -sha256 -sign "$APP_KEY" -binary "$folder/signed" ;;
esac > "$folder/signature"

printf 'Bearer %s.%s\n' "$signed" "$(base64url < "$folder/signature")"
