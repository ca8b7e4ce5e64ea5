# Sourced: the Pub/Sub emulator, where it is installed (gcloud's component, or PUBSUB_EMULATOR_BIN).

pubsub_find() {
  [ -n "${PUBSUB_EMULATOR_BIN:-}" ] && return 0
  local root
  for root in "$(dirname "$(dirname "$(readlink -f "$(command -v gcloud || echo /nonexistent/bin/gcloud)")")")" /usr/lib/google-cloud-sdk "$HOME/google-cloud-sdk"; do
    PUBSUB_EMULATOR_BIN=$root/platform/pubsub-emulator/bin/cloud-pubsub-emulator
    [ -x "$PUBSUB_EMULATOR_BIN" ] && command -v java >/dev/null && return 0
  done
  PUBSUB_EMULATOR_BIN=
  return 1
}

# Sets PUBSUB_EMULATOR_HOST. Fails (loudly) where there is no emulator; in CI that is an error.
pubsub_start() {
  if ! pubsub_find; then
    [ "${RAPTOR_REQUIRE_PUBSUB_EMULATOR:-}" = 1 ] && die "the Pub/Sub emulator is not installed"
    say "SKIPPED: the Pub/Sub emulator is not installed (gcloud components install pubsub-emulator)"
    return 1
  fi
  local port; port=$(pg_free_port)
  CLOUD_PUBSUB_EMULATOR_OPTS=-Xmx512m "$PUBSUB_EMULATOR_BIN" --host=127.0.0.1 --port="$port" >/dev/null 2>&1 &
  PUBSUB_PID=$!
  export PUBSUB_EMULATOR_HOST=127.0.0.1:$port
  local n
  for n in $(seq 100); do
    curl -sf "http://$PUBSUB_EMULATOR_HOST/" >/dev/null 2>&1 && return 0
    sleep 0.2
  done
  die "the Pub/Sub emulator did not start"
}

pubsub_stop() {
  [ -n "${PUBSUB_PID:-}" ] || return 0
  pkill -P "$PUBSUB_PID" 2>/dev/null || true # the launcher's Java
  kill "$PUBSUB_PID" 2>/dev/null || true
  wait "$PUBSUB_PID" 2>/dev/null || true
  PUBSUB_PID=
  unset PUBSUB_EMULATOR_HOST
}
