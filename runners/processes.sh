# Sourced by the runners: find the services by their pid files, and stop them.
RUN_DIR=.run
SERVICES=(frontend backend llm) # the order of stopping
GRACE_S=25                      # slightly more than the services give open requests to finish

# Succeed if the pid file's process runs; a process that merely reuses the number does not count.
is_running() { # "run_all" or a service
  local pid command
  pid=$(cat "$RUN_DIR/$1.pid" 2>/dev/null) || return 1
  command=$({ ps -ww -o args= -p "$pid" || tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || return 1
  case $command in *runners/run_* | *"-m $1"*) return 0 ;; *) return 1 ;; esac
}

stop_services() { # names of pid files
  local name deadline=$((SECONDS + GRACE_S))
  for name in "$@"; do
    if is_running "$name"; then kill -TERM "$(<"$RUN_DIR/$name.pid")" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    while is_running "$name" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.2; done
    if is_running "$name"; then kill -KILL "$(<"$RUN_DIR/$name.pid")" 2>/dev/null || true; fi
    rm -f "$RUN_DIR/$name.pid"
  done
}
