#!/usr/bin/env bash
# Registers one appeal over HTTP. Intake seals the personal data and signs the event. ../README.md says how to run it.
set -euo pipefail
: "${INTAKE:?} ${REALM:?} ${SOURCE:?} ${API_KEY:?}"

symbols=0123456789ABCDEFGHJKMNPQRSTVWXYZ text="" check=0
for place in {0..12}; do
  value=$(($(od -An -N1 -tu1 /dev/urandom) & (place == 0 ? 15 : 31)))
  text+=${symbols:value:1}
  check=$(((check ^ value) << 1))
  if ((check > 31)); then check=$((check ^ 37)); fi
done
text+=${symbols:check:1}
number="${REALM^^}-${text:0:4}-${text:4:4}-${text:8:4}-${text:12:2}"
id=$(cat /proc/sys/kernel/random/uuid) time=$(date -u +%Y-%m-%dT%H:%M:%S.%6NZ)

# Sent again with the same id after an outage, it counts once. Curl repeats it after 408, 429, 5xx and no answer.
curl --silent --show-error --fail-with-body --max-time 60 --retry 5 --retry-connrefused "$INTAKE/proposals" \
  -H "Authorization: Bearer $API_KEY" -H 'Content-Type: application/cloudevents+json' --data-binary @- <<JSON
{"specversion": "1.0", "id": "$id", "source": "$SOURCE", "type": "appeal.registered.v1", "subject": "$number",
 "time": "$time", "data": {"kind": "application", "form": "electronic", "channel": "electronic",
   "received": "$time", "jurisdiction": "KG", "text": "Көпүрө бузулган.",
   "applicant": {"name": "Асанова Айгүл", "phone": "+996555010203"}}}
JSON
echo
