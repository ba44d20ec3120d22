#!/usr/bin/env bash
# All tests, the browser's too. Installs what they need: Chromium (apt), DuckDB and jsonschema (pip).
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/headwater/target}"
cache="$HOME/.cache/headwater"
mkdir -p "$cache"

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
    $sudo apt-get update -qq && $sudo apt-get install -y -qq chromium >/dev/null
fi
if [ -z "${HEADWATER_PYTHON:-}" ]; then
    if ! "$cache/venv/bin/python" -c 'import duckdb, jsonschema' 2>/dev/null; then
        python3 -m venv "$cache/venv"
        "$cache/venv/bin/pip" install --quiet duckdb pytz jsonschema
    fi
    export HEADWATER_PYTHON="$cache/venv/bin/python"
fi

cargo fmt --check
cargo test --release
