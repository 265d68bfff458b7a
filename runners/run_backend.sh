#!/usr/bin/env bash
# Starts the backend: uploads, audio, jobs.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/environment.sh
exec "$PYTHON" -m backend
