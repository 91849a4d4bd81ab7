# Shared by start.sh and test.sh: brings a machine from "has Node.js" to "everything is built". Sourced, not run.
# Doing nothing when nothing is missing takes well under a second.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
export PATH="$root/node_modules/.bin:$PATH:/usr/sbin:/sbin" # ip lives outside of some users' PATH
export TURBO_TELEMETRY_DISABLED=1 DO_NOT_TRACK=1 npm_config_update_notifier=false

say() { printf '\n==> %s\n' "$*"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

# has COMMAND… : every command can be found.
has() {
  local command
  for command; do command -v "$command" >/dev/null || return 1; done
}

# has_file PATTERN : a file whose name fits is there.
has_file() { compgen -G "$1" >/dev/null; }

is_debian() { grep -qs '^ID=debian' /etc/os-release; }

has_header() { has gcc && printf '#include <%s>\n' "$1" | gcc -E - >/dev/null 2>&1; }

# Debian packages that this machine lacks, judged by what they bring and not by their names, for build and run.
missing_to_start() {
  has gcc || echo gcc
  has_header stdio.h || echo libc6-dev
  has ld readelf || echo binutils
  has wasm2c || echo wabt
  has_header seccomp.h || echo libseccomp-dev
  has qemu-system-x86_64 || echo qemu-system-x86
}

# The clients of the end-to-end tests, too.
missing_to_test() {
  missing_to_start
  has ip || echo iproute2
  has ping || echo iputils-ping
  has curl || echo curl
  has sysctl || echo procps
  has tcpdump || echo tcpdump
  has tmux || echo tmux # the workshop is typed into it
  has gdb || echo gdb
  has dig || echo bind9-dnsutils
  has dnsmasq || echo dnsmasq-base # the router and name server of the tests over IPv6
  has iperf || echo iperf
  has iperf3 || echo iperf3
  has tshark || echo tshark # judges captures of a clean link: 20 MB
  has_file /usr/share/OVMF/OVMF_CODE_4M.fd || echo ovmf # UEFI for QEMU: disk images boot by it
  has redis-check-rdb || echo redis-tools # the server, too, but not its service
  has_file '/usr/lib/postgresql/*/bin/initdb' || echo postgresql
  # Elsewhere it goes by other names, or is a snap; tests in a browser are skipped there.
  ! is_debian || has_file /usr/bin/chromium || echo chromium
}

# install_packages NAME… : through apt, as root or with a sudo that does not ask; otherwise says the exact command.
install_packages() {
  [ $# -gt 0 ] || return 0
  local command="apt-get update && apt-get install -y --no-install-recommends $*"
  has apt-get || fail "This machine lacks what these Debian packages bring: $*
Install them with your system's package manager, then run the command again."
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    if has sudo && sudo -n true 2>/dev/null; then sudo=(sudo -n env DEBIAN_FRONTEND=noninteractive)
    else fail "This machine lacks: $*
Install it, then run the command again:

  sudo sh -c '$command'"
    fi
  fi
  say "Installing $* (once)"
  export DEBIAN_FRONTEND=noninteractive
  "${sudo[@]}" apt-get -o Acquire::Retries=3 update -q || true # a stale list may still do; the next command says so if not
  # A server that tests start must not start with the machine: without a cluster there is nothing to start.
  case " $* " in *" postgresql "*)
    "${sudo[@]}" apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends postgresql-common &&
      "${sudo[@]}" sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf ||
      true ;; # the next command says what is wrong
  esac
  "${sudo[@]}" apt-get -o Acquire::Retries=3 install -y -q --no-install-recommends "$@" ||
    fail "apt could not install $*. The command was:

  $command"
}

check_node() {
  has node npm || fail "Node.js 20.19 or newer is needed: https://nodejs.org"
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    if (major < 20 || (major === 20 && minor < 19)) process.exit(1);
  ' || fail "Node.js 20.19 or newer is needed, this is $(node --version)."
}

# npm ci, unless node_modules was made from this very lock file.
install_modules() {
  local stamp=node_modules/.soloist-lock-hash hash
  hash=$(sha256sum package-lock.json | cut -d' ' -f1)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ] || [ node_modules/.package-lock.json -nt package-lock.json ]; then return 0; fi
  say "Installing npm packages"
  npm ci --no-audit --no-fund || fail "npm ci failed."
  echo "$hash" >"$stamp"
  hash -r # bash remembers where it found node before the packages brought a current one
}

# build_all [FILTER…] : the builds of all packages, or of those that FILTERs reach, in the order of their dependencies; what has
# not changed comes from the cache.
build_all() {
  say "Building (the engine takes about a minute, once)"
  turbo run build --output-logs=new-only --ui=stream "$@" || fail "The build failed."
}

# set_up start|test [FILTER…]
set_up() {
  local packages purpose=$1
  shift
  check_node
  packages=$("missing_to_$purpose" | sort -u)
  # shellcheck disable=SC2086
  install_packages $packages
  install_modules
  build_all "$@"
}
