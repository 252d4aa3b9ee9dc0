#!/usr/bin/env bash
# The safe part of the black-box suite against a platform that is in use: tests/smoke.sh URL [--stack NAME | --data DIR].
# It makes a tenant of its own and removes it again with its keys and users, whatever happens. Nobody is locked out, no
# clock is moved, and nothing is sent many times at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    echo "error: $1" >&2
    exit 2
}

url=${1:-}
[[ $url =~ ^https?:// ]] || fail "say which platform: just smoke URL [--stack NAME | --data DIR]"
shift
case "$url $*" in
    http*" --stack "* | http://localhost:* | http://127.0.0.1:*) ;;
    *) fail "$url is not on this machine: say which stack it is, --stack NAME" ;;
esac

curl --fail --silent --max-time 20 --output /dev/null "$url/health" || fail "nothing answers at $url/health"
cargo build --quiet --locked --workspace --tests --bin local
operator() {
    target/debug/local "$@"
}

tenant="smoke#$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')"
scratch=$(mktemp -d)
clean_up() {
    local status=$?
    rm -rf "$scratch"
    operator tenant remove "$tenant" --yes "$tenant" ${place[@]+"${place[@]}"} || status=1
    exit "$status"
}
place=("$@")
origin=http://localhost:5173
operator tenant create "$tenant" --name Smoke --origin "$origin" ${place[@]+"${place[@]}"} >"$scratch/said" || exit 1
trap clean_up EXIT
trap 'exit 130' INT TERM

key() {
    operator key create "$tenant" "$@" ${place[@]+"${place[@]}"} | sed -n 1p
}
umask 077
printf '{"base_url": "%s", "publishable_key": "%s", "secret_key": "%s", "owner": {"email": "", "password": ""}, "origins": ["%s"]}' \
    "$url" "$(key)" "$(key --secret --scope users:read --scope users:write --scope email:send)" "$origin" >"$scratch/credentials.json"

CV_BASE_URL=$url CV_CREDENTIALS=$scratch/credentials.json CV_TENANT=$tenant \
    cargo test --quiet --locked --workspace --test blackbox -- \
    accounts:: me:: sessions:: users:: cookies:: refresh:: bad_tokens:: health::it_says \
    --skip at_once --skip fifty
