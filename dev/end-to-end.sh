#!/usr/bin/env bash
# The program as its users meet it: runs the demo, serves its data folder, and puts outside clients
# and a browser in front of it.
#
#   dev/end-to-end.sh path/to/corridor
#
# CORRIDOR_PYTHON               Python with dev/requirements.txt (dev/tools.sh makes it)
# CORRIDOR_SHARED_DATA          folder of real test data; beside the checkout where it is not said
# CORRIDOR_REQUIRE_SHARED_DATA  1: a check whose data or client is missing fails, else it is skipped
# CORRIDOR_KEEP                 1: keep the data folder and the logs, and say where they are
set -uo pipefail

binary=$(realpath "${1:?usage: dev/end-to-end.sh path/to/corridor}")
root=$(cd "$(dirname "$0")/.." && pwd)
shared=${CORRIDOR_SHARED_DATA:-$root/../shared/data}
python=${CORRIDOR_PYTHON:-python3}
require=${CORRIDOR_REQUIRE_SHARED_DATA:-0}
folder=$(mktemp -d)
data=$folder/data
server=
passed=0 failed=0 skipped=0

stop_server() {
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  server=
}
leave() {
  stop_server
  if [ "${CORRIDOR_KEEP:-0}" = 1 ]; then echo "kept: $folder"; else rm -rf "$folder"; fi
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

pass() { passed=$((passed + 1)); echo "ok       $1"; }
fail() {
  failed=$((failed + 1))
  echo "FAILED   $1"
  if [ -n "${2:-}" ] && [ -e "$2" ]; then tail -n 40 "$2" | sed 's/^/         /'; fi
}
skip() {
  if [ "$require" = 1 ]; then fail "$1: $2"; else skipped=$((skipped + 1)); echo "skipped  $1: $2"; fi
}
# check NAME COMMAND…: passes when the command does; its output shows only when it fails.
check() {
  local name=$1 log
  shift
  log=$folder/$(echo "$name" | tr -c 'a-zA-Z0-9\n' '-').log
  if timeout 600 "$@" >"$log" 2>&1; then pass "$name"; else fail "$name" "$log"; fi
}
finish() {
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ]
  exit
}
have_module() { "$python" -c "import $1" 2>/dev/null; }

# --- the demo -----------------------------------------------------------------------------------

# Runs a command and writes its wall time (s) and peak memory (MiB) to a file.
measured() {
  "$python" - "$@" <<'PY'
import resource, subprocess, sys, time
began = time.monotonic()
status = subprocess.run(sys.argv[2:]).returncode
took = time.monotonic() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
with open(sys.argv[1], "w") as figures:
    figures.write(f"{took:.1f} s, {peak:.0f} MiB at most")
sys.exit(status)
PY
}

if measured "$folder/figures" "$binary" --data-dir "$data" demo --no-serve \
  >"$folder/demo.out" 2>"$folder/demo.err"; then
  pass "demo ($(cat "$folder/figures"))"
else
  cat "$folder/demo.err" >>"$folder/demo.out"
  fail "demo" "$folder/demo.out"
  finish
fi
if [ "$(grep -c '^  Answer:' "$folder/demo.out")" -ge 2 ]; then
  pass "the summary shows an answer for each watch"
else
  fail "the summary shows an answer for each watch" "$folder/demo.out"
fi

# --- every raster is a COG for an outside reader -------------------------------------------------

if have_module rio_cogeo; then
  check "rio cogeo validate" "$python" - "$data/assets" <<'PY'
import pathlib, sys
from rio_cogeo.cogeo import cog_validate
files = sorted(pathlib.Path(sys.argv[1]).rglob("*.tif"))
bad = 0
for path in files:
    valid, errors, warnings = cog_validate(str(path), quiet=True)
    if not valid:
        bad += 1
        print(path, errors, warnings)
print(len(files), "files,", bad, "of them no COG")
sys.exit(1 if bad or not files else 0)
PY
else
  skip "rio cogeo validate" "no rio-cogeo in $python"
fi

# --- the server -----------------------------------------------------------------------------------

if echo "not a secret, a test" | "$binary" --data-dir "$data" user add ana >"$folder/user.out" 2>&1; then
  pass "a user is added"
else
  fail "a user is added" "$folder/user.out"
fi

"$binary" --data-dir "$data" serve --port 0 --bundles 127.0.0.1:0 \
  >"$folder/serve.out" 2>"$folder/serve.err" &
server=$!
url=
for _ in $(seq 300); do
  url=$(sed -n 's/^serving \(http:[^ ]*\).*/\1/p' "$folder/serve.out")
  [ -n "$url" ] && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [ -n "$url" ] && "$python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1] + "/api/status", timeout=20)' "$url"; then
  pass "serve answers"
else
  fail "serve answers" "$folder/serve.err"
  finish
fi

if have_module pystac_client; then
  check "pystac-client reads and searches" "$python" "$root/crates/node/tests/python/stac_peers.py" "$url"
else
  skip "pystac-client reads and searches" "no pystac-client in $python"
fi

if have_module pystac && have_module pystac_client && have_module rasterio; then
  check "an Item of pystac is taken in" "$python" "$root/crates/node/tests/python/stac_item_taken_in.py" \
    "$binary" "$root/demo/scenes/landsat-7-olinda.tif"
else
  skip "an Item of pystac is taken in" "no pystac, pystac-client or rasterio in $python"
fi

if have_module openeo; then
  check "openeo client: composite, formats, job, process, map" \
    "$python" "$root/crates/node/tests/python/openeo_peer.py" "$url" ana "not a secret, a test"
else
  skip "openeo client" "no openeo in $python"
fi

# The validator asks the internet for schemas; the tool beside the shared data answers from files.
validator=$shared/../tools/stac_api_validator_offline.py
name="stac-api-validator: core, features, item search"
if [ ! -e "$validator" ] || [ ! -d "$shared/use/stac-schemas" ]; then
  skip "$name" "no shared test data at $shared"
elif ! have_module stac_api_validator; then
  skip "$name" "no stac-api-validator in $python"
else
  "$python" - "$url" >"$folder/scene" <<'PY'
import json, sys, urllib.request
def get(path):
    return json.load(urllib.request.urlopen(sys.argv[1] + path, timeout=20))
for collection in get("/stac/collections")["collections"]:
    if collection["id"].startswith("answers-"):
        continue
    for item in get(f"/stac/collections/{collection['id']}/items?limit=1")["features"]:
        print(collection["id"])
        print(json.dumps(item["geometry"]))
        sys.exit()
sys.exit("no collection has items")
PY
  check "$name" "$python" "$validator" "$shared/use/stac-schemas" -- --root-url "$url/stac" \
    --collection "$(sed -n 1p "$folder/scene")" --geometry "$(sed -n 2p "$folder/scene")" \
    --conformance core --conformance features --conformance item-search
fi

# Whatever the descriptions allow is asked, and what they do not allow; a run takes about a minute.
asker=$root/crates/node/tests/python/schemathesis_peers.py
published=$shared/sense/stapi/stapi-openapi-0.1.0.yaml
if ! have_module schemathesis; then
  skip "schemathesis" "no schemathesis in $python"
else
  check "schemathesis on every route" "$python" "$asker" served "$url"
  if [ -e "$published" ]; then
    check "schemathesis on the published STAPI document" "$python" "$asker" published "$url" "$published"
  else
    skip "schemathesis on the published STAPI document" "no shared test data at $shared"
  fi
fi

# --- the page -------------------------------------------------------------------------------------

if [ ! -e "$root/web/browser/run.mjs" ] || [ ! -d "$root/web/node_modules/playwright-core" ]; then
  skip "the page in a browser" "web/node_modules is not installed (make web)"
else
  check "the page in a browser" env CORRIDOR_URL="$url" npm --prefix "$root/web" run --silent browser
fi

# --- stopped as the system stops it ---------------------------------------------------------------

kill -TERM "$server"
for _ in $(seq 100); do
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if kill -0 "$server" 2>/dev/null; then
  fail "serve ends when it is asked to"
else
  wait "$server"
  status=$?
  server=
  if [ "$status" = 0 ]; then
    pass "serve ends when it is asked to"
  else
    fail "serve ends when it is asked to (exit status $status)" "$folder/serve.err"
  fi
fi
finish
