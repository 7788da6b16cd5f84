#!/bin/sh
# Prints each cluster's status and name. Ends with status 1 if one has failed.
set -eu

pick() { python3 -c "import json, sys; answer = json.load(sys.stdin); $1"; }

access=$(
    curl -fsS "$LAVA_AUTH_URL/tokens" -H 'Content-Type: application/json' -d @- <<JSON
{"auth": {"RAX-KSKEY:apiKeyCredentials": {
    "username": "$LAVA_USERNAME", "apiKey": "$LAVA_API_KEY"}}}
JSON
)
token=$(printf %s "$access" | pick "print(answer['access']['token']['id'])")
endpoint=$(printf %s "$access" | pick "
for service in answer['access']['serviceCatalog']:
    for endpoint in service['endpoints']:
        if service['type'] == 'rax:bigdata' and endpoint.get('versionId') == '2':
            if endpoint['region'] == '$LAVA_REGION_NAME':
                print(endpoint['publicURL'])")

curl -fsS "$endpoint/clusters" -H "X-Auth-Token: $token" | pick "
for cluster in answer['clusters']:
    print(cluster['status'], cluster['name'])
sys.exit(any(cluster['status'] == 'ERROR' for cluster in answer['clusters']))"
