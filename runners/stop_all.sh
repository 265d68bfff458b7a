#!/usr/bin/env bash
# Stops what run_all.sh started, and what is left of it if it was killed.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/processes.sh

if ! is_running run_all && ! is_running llm && ! is_running backend && ! is_running frontend; then
  echo "nothing runs"
  exit 0
fi
stop_services run_all # it stops its services itself
stop_services "${SERVICES[@]}"
echo "stopped"
