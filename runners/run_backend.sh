#!/usr/bin/env bash
# Start the backend: uploads, audio, jobs.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
exec "$PYTHON" -m backend
