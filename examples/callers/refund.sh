#!/usr/bin/env bash
# Asks for a refund, waits for the decision, and uses it: by curl, openssl and sign.sh alone.
#
#   refund.sh ORDER AMOUNT CURRENCY CARD < FILE_WITH_THE_PERSONS_TOKEN
#
# with the environment of sign.sh. It prints the receipt and ends with 0 only where the refund may be paid now, once.
# Everything else ends with 1, with what was said on standard error; nothing is allowed by an error.
set -euo pipefail

order=$1 amount=$2 currency=$3 card=$4
read -r token

for text in "$@" "$token"; do
  # So that each stands in JSON as it is.
  if [[ $text =~ [^\ -~] || $text == *[\"\\]* ]]; then
    echo "refund.sh: no quotes, backslashes or letters beyond ASCII" >&2
    exit 2
  fi
done

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# call METHOD PATH [BODY_FILE KEY]: leaves the answer in $folder/answer. The same call is sent again, under the same
# key and with a new signature, where no answer came or the service is busy.
call() {
  local method=$1 url=$COUNTERSIGN_API_URL$2 body=${3-} key=${4-} status try given
  for try in 1 2 3 4; do
    given=(--silent --show-error --max-time 40 --request "$method" --output "$folder/answer" --write-out '%{http_code}')
    given+=(--header "Authorization: $("$here/sign.sh" "$method" "$url" "${body:-/dev/null}" "$key")")
    [[ -z $body ]] || given+=(--header 'Content-Type: application/json' --data-binary "@$body")
    [[ -z $key ]] || given+=(--header "Idempotency-Key: \"$key\"")
    status=$(curl "${given[@]}" "$url") || status=000
    [[ $status == 000 || $status == 50[234] ]] || break
    sleep "$try"
  done
  if [[ $status != 20[01] ]]; then
    echo "refund.sh: HTTP $status" >&2
    cat "$folder/answer" >&2 || true
    exit 1
  fi
}

# member NAME: the first member of that name in the answer, which is a text. A quote inside of a text has a backslash
# before it, so that nothing typed looks like a member.
member() { grep -o "\"$1\": *\"[^\"]*\"" "$folder/answer" | head -n 1 | cut -d '"' -f 4; }

parameters=$(printf '{"amount":{"amount":"%s","currency":"%s"},"order":"%s","card":"%s"}' \
  "$amount" "$currency" "$order" "$card")
# Names of this one refund: who sends the same again asks once, and uses once.
name=refund-$(openssl rand -hex 12)

printf '{"action":"refund","parameters":%s,"on_behalf_of":{"token":"%s"}}' "$parameters" "$token" > "$folder/ask"
call POST /v1/requests "$folder/ask" "$name"
request=$(member id)
echo "refund.sh: asked as $request" >&2 # what a program keeps, to go on after a restart

while [[ $(member state) == pending ]]; do
  call GET "/v1/requests/$request?wait=25"
done
if [[ $(member state) != approved ]]; then
  echo "refund.sh: $(member state)" >&2
  exit 1
fi

printf '{"parameters":%s}' "$parameters" > "$folder/consume"
call POST "/v1/requests/$request/consume" "$folder/consume" "$name.consume"
member receipt
