#!/usr/bin/env bash
# Installs what the tests need beyond the Rust toolchain, Node and make, once, into a cache
# folder: cargo-deny, a Python environment with outside clients, and Debian's Chromium and tshark.
set -euo pipefail
cache=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$cache"

deny_version=0.20.2
if ! "$cache/tools/bin/cargo-deny" --version 2>/dev/null | grep -q "$deny_version"; then
  echo "installing cargo-deny $deny_version"
  CARGO_TARGET_DIR="$cache/tools-target" cargo install cargo-deny --version "$deny_version" \
    --locked --quiet --root "$cache/tools"
  rm -rf "$cache/tools-target"
fi

[ "${2:-}" = deny ] && exit 0

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
apt_install() {
  command -v apt-get >/dev/null || { echo "please install: $*" >&2; return 1; }
  echo "installing $*"
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
command -v python3 >/dev/null && python3 -c 'import venv, ensurepip' 2>/dev/null \
  || apt_install python3 python3-venv
command -v chromium >/dev/null || apt_install chromium
command -v tshark >/dev/null || apt_install tshark

stamp="$cache/python/.$(sha256sum "$here/requirements.txt" | cut -c1-16)"
if [ ! -e "$stamp" ]; then
  echo "installing the Python clients of dev/requirements.txt"
  rm -rf "$cache/python"
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  touch "$stamp"
fi
