#!/usr/bin/env bash
# Start the llm: the speech model.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
exec "$PYTHON" -m llm
