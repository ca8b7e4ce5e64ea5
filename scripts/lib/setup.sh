# Sourced by the scripts beside it: finds or installs what they need, and says what it installs.
# Assumes a Debian or Ubuntu with git, curl, python3 and either root or sudo.

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$ROOT"
export RAPTORFLOW_HOME=${RAPTORFLOW_HOME:-$ROOT/.raptorflow}
RUST_NEEDED=1.95

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root: $* (run as root, or install sudo)"; fi
}

# apt_install PACKAGE...: what is missing of them.
apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "please install: ${missing[*]} (there is no apt-get here to do it)"
  say "Installing ${missing[*]} (apt)"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null 2>&1 || {
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
  }
}

version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

need_rust() {
  # aws-lc (TLS) builds C with the system's compiler.
  command -v cc >/dev/null || apt_install gcc libc6-dev
  [ -d "$HOME/.cargo/bin" ] && export PATH="$HOME/.cargo/bin:$PATH"
  local have=0
  command -v rustc >/dev/null && have=$(rustc --version | cut -d' ' -f2)
  version_at_least "$have" "$RUST_NEEDED" && return 0
  if ! command -v rustup >/dev/null; then
    say "Installing Rust (rustup) into ~/.cargo and ~/.rustup"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c rustfmt -c clippy --no-modify-path >&2
    export PATH="$HOME/.cargo/bin:$PATH"
  else
    say "Updating Rust (rustup): $have is older than $RUST_NEEDED"
    rustup update stable >&2
  fi
  version_at_least "$(rustc --version | cut -d' ' -f2)" "$RUST_NEEDED" || die "Rust $RUST_NEEDED or newer is needed"
}

# need_cargo_tool BINARY CRATE: a cargo subcommand, built from source once.
need_cargo_tool() {
  command -v "$1" >/dev/null && return 0
  say "Installing $2 (cargo install; once, some minutes)"
  cargo install --locked --quiet "$2"
}

# need_raptor PROFILE [all]: builds the command-line tool (and with `all` every function's program, for
# runs with one process each). Sets RAPTOR.
need_raptor() {
  need_rust
  local flags=() dir=debug programs=(--bin raptor)
  [ "${2:-}" = all ] && programs=(--bins)
  [ "${1:-dev}" = release ] && flags=(--release) && dir=release
  say "Building (the first time takes minutes)"
  cargo build --locked --workspace "${programs[@]}" "${flags[@]}" >&2
  RAPTOR=${CARGO_TARGET_DIR:-$ROOT/target}/$dir/raptor
}
