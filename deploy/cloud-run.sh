#!/bin/sh
# One image as two Cloud Run services over one Firestore database: `countersign`, which Slack reaches, and
# `countersign-pages`, which stands behind Identity-Aware Proxy as a whole.
set -eu

usage() {
  cat >&2 <<'EOF'
usage: deploy/cloud-run.sh [--apply]

Prints the lines that set both services up, and runs none of them; with --apply it runs them. They can be run
again: what is there already stays, and what has changed is brought up to date. From the environment it takes

  PROJECT    the project's id, such as shop-tools
  REGION     where the services run, such as europe-west1
  IMAGE      the image, in a registry that Cloud Run can read
  PEOPLE     who passes Identity-Aware Proxy, with commas between: domain:example.com,group:staff@example.com
  LOCATION   where Firestore keeps its data, such as eur3
  POLICY     the policy file (policy.yaml where it is not set)
  SETTINGS   a file of more settings for both services, NAME=value on each line (none where it is not set)
  PAGES_URL  where people reach the pages (the service's own address where it is not set)
  NUMBER     the project's number (asked of gcloud where it is not set)
  SWEEP      1: between calls no instance of `countersign` has a CPU, and Cloud Scheduler has what is due done
             each minute (an instance always runs where it is not set)

and with --apply, where these secrets are not there yet, SLACK_BOT_TOKEN and SLACK_SIGNING_SECRET.
EOF
}

refuse() {
  printf 'deploy/cloud-run.sh: %s\n' "$1" >&2
  exit 2
}

# Every value has a shape into which no shell reads anything, or stands in quotes.
shaped() {
  case $2 in *"$newline"*) refuse "$1: set $4, on one line" ;; esac
  printf %s "$2" | grep -Eqx "$3" || refuse "$1: set $4, not '$2'"
}
newline='
'

quoted() {
  printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"
}

case "${1-}" in
  '' | --apply) [ $# -le 1 ] || { usage; exit 2; } ;;
  -h | --help) usage; exit 0 ;;
  *) usage; exit 2 ;;
esac

missing=
for name in PROJECT REGION IMAGE PEOPLE LOCATION; do
  eval "value=\${$name-}"
  [ -n "$value" ] || missing="$missing $name"
done
[ -z "$missing" ] || { usage; refuse "not set:$missing"; }

here=$(cd "$(dirname "$0")/.." && pwd)
POLICY=${POLICY:-policy.yaml}
SETTINGS=${SETTINGS:-}
shaped PROJECT "$PROJECT" '[a-z][a-z0-9-]{4,28}[a-z0-9]' "a project's id"
shaped REGION "$REGION" '[a-z]+-[a-z]+[0-9]{1,2}' 'a region such as europe-west1'
shaped IMAGE "$IMAGE" '[A-Za-z0-9._/:@-]+' 'the address of an image'
shaped LOCATION "$LOCATION" '[a-z]+[a-z0-9-]*' 'a location of Firestore such as eur3'
shaped PEOPLE "$PEOPLE" '((domain|group|user|serviceAccount|principalSet):[A-Za-z0-9._%+@/:-]+,?)+' 'members such as domain:example.com'
[ -r "$POLICY" ] || refuse "POLICY: $POLICY cannot be read"
[ -z "$SETTINGS" ] || [ -r "$SETTINGS" ] || refuse "SETTINGS: $SETTINGS cannot be read"
NUMBER=${NUMBER:-$(gcloud projects describe "$PROJECT" --format='value(projectNumber)')} ||
  refuse "the number of $PROJECT could not be asked of gcloud: sign in there, or set NUMBER"
shaped NUMBER "$NUMBER" '[1-9][0-9]{0,19}' "a project's number"
PAGES_URL=${PAGES_URL:-https://countersign-pages-$NUMBER.$REGION.run.app}
shaped PAGES_URL "$PAGES_URL" 'https://[a-z0-9.-]+(:[0-9]+)?' 'the address of a host alone, by https'

case ${SWEEP-} in '' | 1) ;; *) refuse "SWEEP: set 1, or leave it unset, not '$SWEEP'" ;; esac

AUDIENCE=/projects/$NUMBER/locations/$REGION/services/countersign-pages
SERVICE=countersign@$PROJECT.iam.gserviceaccount.com
SIGNER=countersign-signer@$PROJECT.iam.gserviceaccount.com
PROXY=service-$NUMBER@gcp-sa-iap.iam.gserviceaccount.com
SWEEPER=countersign-sweep@$PROJECT.iam.gserviceaccount.com
READER=projects/$PROJECT/roles/countersignIapReader

# NAME=value of the settings file, joined as gcloud takes them behind ^##^.
more() {
  [ -n "$SETTINGS" ] || return 0
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      '' | '#'*) continue ;;
      *'##'*) refuse "SETTINGS: no value may hold ##" ;;
      SLACK_BOT_TOKEN=* | SLACK_SIGNING_SECRET=* | SLACK_APP_TOKEN=* | SMTP_PASSWORD=* | SMTP_OAUTH_CLIENT_SECRET=*)
        refuse "SETTINGS: ${line%%=*} is a secret and has its place in Secret Manager" ;;
      COUNTERSIGN_SWEEP_ACCOUNT=*) refuse "SETTINGS: ${line%%=*} is set by this script: set SWEEP=1" ;;
      COUNTERSIGN_ROUTES=* | COUNTERSIGN_PAGES_URL=* | COUNTERSIGN_STORE=* | COUNTERSIGN_SIGNER=* | IAP_AUDIENCE=*)
        refuse "SETTINGS: ${line%%=*} is set by this script" ;;
      [A-Z]*=*) printf '##%s' "$line" ;;
      *) refuse "SETTINGS: '$line' is no NAME=value" ;;
    esac
  done < "$SETTINGS"
}

shared="COUNTERSIGN_STORE=firestore://$PROJECT/(default)##COUNTERSIGN_SIGNER=iam:$SIGNER"
shared="$shared##COUNTERSIGN_PAGES_URL=$PAGES_URL"
extra=$(more)
for_public="^##^COUNTERSIGN_ROUTES=public##$shared$extra"
runs='--no-cpu-throttling --min-instances=1'
if [ -n "${SWEEP-}" ]; then
  runs='--cpu-throttling --min-instances=0'
  called=$([ -z "$SETTINGS" ] || sed -n 's/^COUNTERSIGN_API_URL=//p' "$SETTINGS")
  [ -n "$called" ] || for_public="$for_public##COUNTERSIGN_API_URL=https://countersign-$NUMBER.$REGION.run.app"
  called=${called:-https://countersign-$NUMBER.$REGION.run.app}
  shaped COUNTERSIGN_API_URL "$called" 'https://[a-z0-9.-]+(:[0-9]+)?' 'the address of a host alone, by https'
  for_public="$for_public##COUNTERSIGN_SWEEP_ACCOUNT=$SWEEPER"
fi
for_public=$(quoted "$for_public")
for_pages=$(quoted "^##^COUNTERSIGN_ROUTES=pages##IAP_AUDIENCE=$AUDIENCE##$shared$extra")
policy=$(quoted "$POLICY")

indexes() {
  python3 - "$here/firestore.indexes.json" <<'EOF'
import json, sys
for index in json.load(open(sys.argv[1]))["indexes"]:
    fields = [
        f"--field-config=field-path={field['fieldPath']}," + (
            f"order={field['order'].lower()}" if "order" in field else f"array-config={field['arrayConfig'].lower()}"
        )
        for field in index["fields"]
    ]
    print("unless_it_exists gcloud firestore indexes composite create --async --database='(default)' \\")
    print(f"  --project=\"$PROJECT\" --collection-group={index['collectionGroup']} \\")
    print("  " + " ".join(fields))
EOF
}

sweeps() {
  [ -n "${SWEEP-}" ] || return 0
  cat <<EOF

echo '# Cloud Scheduler, which calls each minute by a token of an account that may do nothing else'
gcloud services enable cloudscheduler.googleapis.com --project="\$PROJECT"
gcloud iam service-accounts describe $SWEEPER --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud iam service-accounts create countersign-sweep --project="\$PROJECT"
change=update
gcloud scheduler jobs describe countersign-sweep --project="\$PROJECT" --location="\$REGION" > /dev/null 2>&1 ||
  change=create
gcloud scheduler jobs \$change http countersign-sweep --project="\$PROJECT" --location="\$REGION" \\
  --schedule='* * * * *' --uri=$called/internal/sweep --http-method=POST --attempt-deadline=60s \\
  --oidc-service-account-email=$SWEEPER --oidc-token-audience=$called/internal/sweep
EOF
}

lines() {
  cat <<EOF
PROJECT=$PROJECT REGION=$REGION
unless_it_exists() {
  said=\$("\$@" 2>&1) || case \$said in
    *ALREADY_EXISTS* | *'already exists'*) ;;
    *) printf '%s\n' "\$said" >&2; return 1 ;;
  esac
}

echo '# APIs, and the account as which Identity-Aware Proxy calls the pages'
gcloud services enable run.googleapis.com iap.googleapis.com firestore.googleapis.com secretmanager.googleapis.com \\
  iam.googleapis.com iamcredentials.googleapis.com cloudresourcemanager.googleapis.com --project="\$PROJECT"
gcloud beta services identity create --service=iap.googleapis.com --project="\$PROJECT"

echo '# The account of both services, and one that signs tokens and does nothing else'
gcloud iam service-accounts describe $SERVICE --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud iam service-accounts create countersign --project="\$PROJECT"
gcloud iam service-accounts describe $SIGNER --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud iam service-accounts create countersign-signer --project="\$PROJECT"
gcloud iam service-accounts add-iam-policy-binding $SIGNER --project="\$PROJECT" \\
  --member=serviceAccount:$SERVICE --role=roles/iam.serviceAccountTokenCreator

echo '# Secrets, and the policy as one'
gcloud secrets describe slack-bot-token --project="\$PROJECT" > /dev/null 2>&1 ||
  {
    : "\${SLACK_BOT_TOKEN:?set it, for the secret slack-bot-token is not there yet}"
    printf %s "\$SLACK_BOT_TOKEN" | gcloud secrets create slack-bot-token --project="\$PROJECT" --data-file=-
  }
gcloud secrets describe slack-signing-secret --project="\$PROJECT" > /dev/null 2>&1 ||
  {
    : "\${SLACK_SIGNING_SECRET:?set it, for the secret slack-signing-secret is not there yet}"
    printf %s "\$SLACK_SIGNING_SECRET" | gcloud secrets create slack-signing-secret --project="\$PROJECT" --data-file=-
  }
gcloud secrets describe countersign-policy --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud secrets create countersign-policy --project="\$PROJECT" --data-file=$policy
gcloud secrets versions access latest --secret=countersign-policy --project="\$PROJECT" | cmp -s - $policy ||
  gcloud secrets versions add countersign-policy --project="\$PROJECT" --data-file=$policy
for secret in slack-bot-token slack-signing-secret countersign-policy; do
  gcloud secrets add-iam-policy-binding \$secret --project="\$PROJECT" \\
    --member=serviceAccount:$SERVICE --role=roles/secretmanager.secretAccessor
done

echo '# The database and its indexes, which are built in the background'
gcloud firestore databases describe --database='(default)' --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud firestore databases create --database='(default)' --project="\$PROJECT" --location=$LOCATION --delete-protection
gcloud projects add-iam-policy-binding "\$PROJECT" --member=serviceAccount:$SERVICE \\
  --role=roles/datastore.user --condition=None
EOF
  indexes
  cat <<EOF

echo '# What Slack reaches, and what works in the background'
gcloud run deploy countersign --quiet --project="\$PROJECT" --region="\$REGION" --image=$IMAGE \\
  --service-account=$SERVICE $runs --cpu-boost --no-invoker-iam-check \\
  --update-env-vars=$for_public \\
  --update-secrets=SLACK_BOT_TOKEN=slack-bot-token:latest,SLACK_SIGNING_SECRET=slack-signing-secret:latest \\
  --update-secrets=/etc/countersign/policy.yaml=countersign-policy:latest
EOF
  sweeps
  cat <<EOF

echo '# The pages, which nobody but Identity-Aware Proxy may call'
gcloud beta run deploy countersign-pages --quiet --project="\$PROJECT" --region="\$REGION" --image=$IMAGE \\
  --service-account=$SERVICE --no-cpu-throttling --cpu-boost --min-instances=1 --iap --no-allow-unauthenticated \\
  --update-env-vars=$for_pages \\
  --update-secrets=SLACK_BOT_TOKEN=slack-bot-token:latest,SLACK_SIGNING_SECRET=slack-signing-secret:latest \\
  --update-secrets=/etc/countersign/policy.yaml=countersign-policy:latest
gcloud run services add-iam-policy-binding countersign-pages --project="\$PROJECT" --region="\$REGION" \\
  --member=serviceAccount:$PROXY --role=roles/run.invoker

echo '# Who passes Identity-Aware Proxy; and the service reads what it is set to do, and changes nothing'
for member in $(printf %s "$PEOPLE" | tr , ' '); do
  gcloud beta iap web add-iam-policy-binding --resource-type=cloud-run --service=countersign-pages \\
    --project="\$PROJECT" --region="\$REGION" --member=\$member --role=roles/iap.httpsResourceAccessor
done
gcloud iam roles describe countersignIapReader --project="\$PROJECT" > /dev/null 2>&1 ||
  gcloud iam roles create countersignIapReader --project="\$PROJECT" --title='Countersign IAP reader' \\
    --permissions=iap.webServices.getSettings
gcloud beta iap web add-iam-policy-binding --resource-type=cloud-run --service=countersign-pages \\
  --project="\$PROJECT" --region="\$REGION" --member=serviceAccount:$SERVICE --role=$READER

echo 'IAP_AUDIENCE=$AUDIENCE'
echo 'The pages: $PAGES_URL'
echo 'For Slack: countersign manifest --url https://countersign-$NUMBER.$REGION.run.app'
echo 'To grant anything: countersign setup iam --account $SERVICE'
EOF
}

if [ "${1-}" = --apply ]; then
  text=$(lines)
  sh -eu -c "$text"
else
  lines
fi
