#!/bin/sh
# What Python does with a handle, other languages do over HTTP.
set -eu
control=${LAVA_AUTH_URL%/identity/v2.0}/_sandbox

tell() { curl -fsS -X "$1" "$control/$2" -H 'Content-Type: application/json' ${3:+-d "$3"}; }

tell POST clock '{"advance": 600}'
tell POST faults '{"kind": "status", "path": "/clusters$", "code": 503, "times": 2}'
tell POST clusters/fail-next '{"after": 120}'
tell POST users '{"username": "watcher", "api_key": "0123456789", "roles": ["observer"]}'
tell POST tokens/expire
tell GET requests

# 409, and so an error of curl's, if there was no such request.
tell POST requests/verify '{"method": "POST", "path": "/tokens", "times": 1}'
tell POST requests/verify-in-order '{"in_order": [
    {"path": "/tokens"},
    {"method": "GET", "path": "/clusters", "query": {"limit": null}, "at_most": 5}
]}'
