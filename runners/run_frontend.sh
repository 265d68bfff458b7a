#!/usr/bin/env bash
# Start the frontend: the page.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
exec "$PYTHON" -m frontend
