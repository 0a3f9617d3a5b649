# SPDX-License-Identifier: Apache-2.0
# What the end-to-end scripts share. They run as root on a host that may be spoiled: inside
# User-Mode Linux (tests/support/uml/run), with flintctl in PATH. $OUT is /run/out: the result folder
# on the machine.
set -uo pipefail

E2E=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
SUPPORT=$E2E/../support
IMAGES=${FLINTCTL_TEST_IMAGES:?the folder that tests/support/images/build filled}
OUT=/run/out
ACTUAL=$OUT/actual
CONTAINERD_LOG=/var/log/flintctl/containerd-dev.log
FAILED=0
PORT=0
mkdir -p "$ACTUAL"

fail() {
  echo "FAILED: $*"
  FAILED=$((FAILED + 1))
}

# finish: the script's last line; its status is the test's.
finish() {
  stop_registry
  echo "$(basename "$0"): $FAILED failed"
  exit $((FAILED > 0))
}

start_registry() { PORT=$("$SUPPORT/images/registry" "$IMAGES" "$OUT/registry") || fail "registry"; }
stop_registry() { [[ ! -e $OUT/registry/registry.pid ]] || kill "$(<"$OUT/registry/registry.pid")" 2>/dev/null; }
image() { echo "127.0.0.1:$PORT/flint/$1:1"; }

# What differs from run to run becomes a word.
normalize() {
  sed -E \
    -e "s/127\.0\.0\.1:$PORT/REGISTRY/g; s/ port $PORT/ port N/" \
    -e 's/sha256:[0-9a-f]{64}/sha256:DIGEST/g; s/sha256:[0-9a-f]{7,63}/sha256:SHORT/g' \
    -e 's/\b[0-9a-f]{64}\b/DIGEST/g; s/tsc_early_khz=[0-9]+/tsc_early_khz=N/; s/\bqemu [0-9.]+/qemu VERSION/' \
    -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UID/g' \
    -e 's/\b[0-9a-f]{16}\b/UID/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/g' \
    -e 's/\b([Pp]id|process):?( +)[0-9]+/\1\2PID/g' \
    -e 's/\bPID:( +)[0-9]+/PID:\1N/' \
    -e 's/layer ([0-9]+\/[0-9]+) [0-9a-f]{12}/layer \1 LAYER/; /layer .*: (downloading|downloaded|unpacking)/d' \
    -e 's/containerd [0-9]+\.[0-9]+\.[^ ]+/containerd VERSION/; s/^Version:.*/Version: VERSION/' \
    -e 's/\b(aufs|btrfs|zfs) skip .*/\1 skip/' \
    -e 's/\[ *[0-9]+\.[0-9]{6}\]/[TIME]/g' \
    -e 's/flintlock-dev-thinpool-snap-[0-9]+/flintlock-dev-thinpool-snap-N/g' \
    -e 's/\b[0-9]+(\.[0-9]+)? ?m?s\b/DURATION/g; s/\b[0-9]+m[0-9]+s\b/DURATION/g' \
    -e 's/\b[0-9]+(\.[0-9]+)? ?([KMGT]i?B?|B|%)( |,|\)|$)/SIZE\3/g' \
    -e 's/[0-9]+ of [0-9]+ bytes/N bytes/; s/[0-9]+ bytes/N bytes/' \
    -e 's/ +$//; s/  +/  /g'
}

# expect NAME COMMAND...: what it prints, on which stream, and its status are those of
# expected/NAME.txt, but for what normalize() hides.
expect() {
  local name=$1 status
  shift
  "$@" >"$ACTUAL/$name.stdout" 2>"$ACTUAL/$name.stderr" </dev/null
  status=$?
  {
    echo "\$ $*"
    cat "$ACTUAL/$name.stdout"
    [[ ! -s $ACTUAL/$name.stderr ]] || { echo "-- stderr"; cat "$ACTUAL/$name.stderr"; }
    echo "-- exit $status"
  } | normalize >"$ACTUAL/$name.txt"
  if diff -u "$E2E/expected/$name.txt" "$ACTUAL/$name.txt"; then
    echo "ok: $name"
  else
    fail "$name: not as in expected/$name.txt"
  fi
}

# exits STATUS COMMAND...: only the status counts; what it printed is shown when that is another.
exits() {
  local want=$1 status
  shift
  "$@" >"$OUT/last" 2>&1 </dev/null
  status=$?
  if ((status == want)); then
    echo "ok: exit $status: $*"
  else
    cat "$OUT/last"
    fail "exit $status instead of $want: $*"
  fi
}

# says TEXT: the last `exits` printed it.
says() {
  grep -qF -- "$1" "$OUT/last" && { echo "ok: says '$1'"; return; }
  cat "$OUT/last"
  fail "does not say: $1"
}

# check TEXT COMMAND...: the command succeeds.
check() {
  local text=$1
  shift
  if "$@" >"$OUT/last" 2>&1; then echo "ok: $text"; else cat "$OUT/last"; fail "$text"; fi
}

host_up() {
  exits 0 flintctl provision devpool
  exits 0 flintctl containerd config --write --debug
  exits 0 flintctl containerd start
  export CONTAINERD_ADDRESS=/run/containerd-dev/containerd.sock CONTAINERD_NAMESPACE=flintlock
}

# Has containerd collect its garbage, and waits for it.
collect_garbage() {
  ctr leases create --id collect >/dev/null
  ctr leases rm --sync collect >/dev/null
}

# killed SECONDS COMMAND...: SIGKILL after that time, unless it has ended.
killed() {
  { timeout --signal=KILL "$@" >"$OUT/killed.log" 2>&1 </dev/null; } 2>/dev/null
  echo "-- status $? after $1 s of: ${*:2}"
}

# Everything that a VM or a pull may leave, as text. Caches stay: kernels until `gc`, facts until a reboot.
host_state() {
  dmsetup ls 2>/dev/null | awk '{print "device", $1}' | sort
  ctr leases ls -q | sed 's/^/lease /' | sort
  ctr snapshots --snapshotter devmapper ls | awk 'NR > 1 {print "snapshot", $1}' | sort
  ctr content ls -q | sed 's/^/content /' | sort
  ctr content active 2>/dev/null | awk 'NR > 1 {print "ingest", $1}' | sort
  ctr images ls -q | sed 's/^/image /' | sort
  awk '{print "mount", $5}' /proc/self/mountinfo | sort
  find /sys/fs/cgroup -mindepth 1 -type d -path '*flintctl*/*' | sed 's/^/cgroup /' | sort
  find /run/flintctl /var/lib/flintctl -mindepth 2 ! -path '*/lock*/*' ! -path '*/kernels/*' ! -path '*/facts/*' 2>/dev/null | sort
  ls /sys/class/net | sed 's/^/interface /'
  pgrep -l 'qemu|flint' | sed 's/^[0-9]* /process /' | sort
}

# same_state FILE TEXT: the host is as it was when `host_state >FILE` ran.
same_state() {
  host_state >"$OUT/state"
  if diff -u "$1" "$OUT/state"; then echo "ok: $2"; else fail "$2"; fi
}

# garbage FILE BLOCK: over a block of a pool's metadata.
garbage() { head -c 4096 /dev/urandom | dd of="$1" bs=4096 seek="$2" conv=notrunc status=none; }

# block_to_damage METADATA: prints a block without which thin_check is unhappy and thin_repair loses
# nothing: of a space map. Nothing when there is none.
block_to_damage() {
  local block
  for ((block = 1; block < 64; block++)); do
    cp --sparse=always "$1" /tmp/damaged && garbage /tmp/damaged $block
    truncate -s "$(stat -c %s "$1")" /tmp/repaired
    thin_check -q /tmp/damaged >/dev/null 2>&1 || {
      thin_repair -i /tmp/damaged -o /tmp/repaired >/dev/null 2>&1 &&
        cmp -s <(thin_dump "$1") <(thin_dump /tmp/repaired) && echo $block && return
    }
  done
}

# How many kernels and initrds are cached.
files_of_kernels() { find /var/lib/flintctl/kernels -maxdepth 1 -type f | wc -l; }

kernels() { find /var/lib/flintctl/kernels -type f; }

blob_requests() { grep -c 'GET /v2/.*/blobs/' "$OUT/registry/access.log"; }
