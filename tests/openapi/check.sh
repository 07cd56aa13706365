#!/usr/bin/env bash
# Checks exported OpenAPI descriptions with two validators. Then runs the examples, and checks them with schemathesis: it reads
# their descriptions and looks for undocumented statuses, answers that do not match their schemas, and 500.
# `check.sh VENV MODULES PROGRAMS`
set -euo pipefail
cd "$(dirname "$0")"
venv=$1 modules=$2 programs=$3
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

# The variables of the examples' credentials and base URIs; no real API is called.
export GITHUB_TOKEN=none STRIPE_KEY=none

# Starts a program, and waits for a line of its output: `start PATTERN PROGRAM …`. The line is then in `line`.
start() {
    local pattern=$1 out=$work/started-${#started[@]}
    shift
    "$@" >"$out" &
    started+=($!)
    until line=$(grep -sm1 "$pattern" "$out"); do
        kill -0 "${started[-1]}"
        read -rt 0.1 <> <(:) || :
    done
}

# All examples that are programs with a REST adapter. `embed` is missing, since it starts its own axum server.
examples='humanitec_tokeninfo label_studio_tokens logto_create_resource logto_subject_tokens stackrox_apitokens orchestrate reminders bookshelf github stripe'
for version in 3.1 3.0; do
    for example in $examples; do
        "$programs/examples/$example" openapi --openapi "$version" >"$work/$example-$version.json"
    done
    for document in ../../examples/*.naftiko.yaml ../documents/*.naftiko.yaml *.naftiko.yaml; do
        name=$(basename "$document" .naftiko.yaml)-document-$version.json
        "$programs/naftiko" export "$document" --to openapi --openapi "$version" >"$work/$name" 2>"$work/warnings"
    done
done
for file in "$work"/*.json; do
    "$venv/bin/python" -m openapi_spec_validator "$file" >/dev/null || { cat "$file" && exit 1; }
done
node validate.mjs "$modules" "$work"/*.json
echo "$(ls "$work"/*.json | wc -l) descriptions are valid"

start http node upstream.mjs
upstream=$line

# Serves an example or a document, and checks it against its description: `called NAME DESCRIPTION PROGRAM serve …`.
called() {
    local name=$1 description=$2
    shift 2
    start '^listening rest' "$@"
    printf '\n-- %s\n' "$name"
    # Schemathesis keeps failures in the folder where it runs.
    (cd "$work" && "$venv/bin/schemathesis" run "$description" --url "${line##* }" --no-color --warnings off \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method,allow_header_conformance \
        --max-examples 40 --seed 1)
}

for example in $examples; do
    program=$programs/examples/$example
    ports=$("$program" serve --help | sed -n 's/^  \(rest\|mcp\) *\([^ ]*\) .*/--port \2=0/p')
    case $example in
    github) api="--upstream github=$upstream" ;;
    stripe) api="--upstream stripe=$upstream/v1 --upstream stripe-files=$upstream/v1" ;;
    bookshelf) api='' ports='--port bookshelf-rest=0 --port bookshelf-mcp=0' ;;
    *) api=--demo ;;
    esac
    # shellcheck disable=SC2086
    called "$example" "$example-3.1.json" "$program" serve $api $ports
done
called 'a document with forwards and files' passed-on-document-3.1.json \
    "$programs/naftiko" serve passed-on.naftiko.yaml --upstream "files=$upstream" --port passed-on-rest=0
