#!/usr/bin/env bash
# Run the three services in the foreground and print the page's address once all are ready.
# If one service ends, stop the others. Ctrl-C and SIGTERM stop all of them.
set -euo pipefail
cd "$(dirname "$0")/.."
source runners/processes.sh
source runners/environment.sh

say() { printf '[run_all] %s\n' "$*" >&2; }

start() { # service, then its own variables
  local service=$1
  shift
  env "$@" "runners/run_$service.sh" &
  echo "$!" >"$RUN_DIR/$service.pid"
}

# Another program on a port would answer the health check in place of the service.
check_port() { # variable, host
  local bind='
import socket, sys
with socket.socket() as probe:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((sys.argv[1], int(sys.argv[2])))
'
  if ! "$PYTHON" -c "$bind" "$2" "${!1}" 2>/dev/null; then
    say "port ${!1} on $2 is in use or not allowed: set $1 in .env to another one"
    exit 1
  fi
}

stop_all() {
  trap '' INT TERM HUP
  stop_services "${SERVICES[@]}"
  rm -f "$RUN_DIR/run_all.pid"
}

check_alive() {
  local service pid code
  for service in "${SERVICES[@]}"; do
    pid=$(<"$RUN_DIR/$service.pid")
    if kill -0 "$pid" 2>/dev/null; then continue; fi
    code=0
    wait "$pid" || code=$?
    say "$service has stopped with exit code $code; stopping the other services"
    exit "$((code == 0 ? 1 : code))"
  done
}

wait_until_ready() { # service, port, path, host
  until "$PYTHON" deploy/healthcheck.py "$2" "$3" "$4"; do
    check_alive
    sleep 0.5
  done
  say "$1 is ready"
}

mkdir -p "$RUN_DIR"
if is_running run_all; then
  say "the services are already running (pid $(<"$RUN_DIR/run_all.pid")); stop them with: make local_stop"
  exit 1
fi
check_port LLM_PORT 127.0.0.1
check_port BACKEND_PORT "$BIND_ADDRESS"
check_port FRONTEND_PORT "$BIND_ADDRESS"
echo "$$" >"$RUN_DIR/run_all.pid"
trap stop_all EXIT
trap 'say "stopping"; exit 0' INT TERM HUP # stopped on request: not a failure

# The llm has no API keys, so only this machine may connect to it, as in Docker.
start llm BIND_ADDRESS=127.0.0.1
start backend
start frontend

host=$BIND_ADDRESS
if [ "$host" = 0.0.0.0 ]; then host=127.0.0.1; fi
wait_until_ready llm "$LLM_PORT" /health/ready 127.0.0.1
wait_until_ready backend "$BACKEND_PORT" /health/ready "$host"
wait_until_ready frontend "$FRONTEND_PORT" /_stcore/health "$host"
say "open http://$host:$FRONTEND_PORT (press Ctrl-C to stop)"

while check_alive; do sleep 0.5; done
