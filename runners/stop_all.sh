#!/usr/bin/env bash
# Stop the services that run_all.sh started, even if run_all.sh itself was killed.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/processes.sh

if ! is_running run_all && ! is_running llm && ! is_running backend && ! is_running frontend; then
  echo "the services are not running"
  exit 0
fi
stop_services run_all # it stops the services itself
stop_services "${SERVICES[@]}"
echo "stopped"
