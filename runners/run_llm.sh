#!/usr/bin/env bash
# Starts the llm: the speech model behind HTTP.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
exec "$PYTHON" -m llm
