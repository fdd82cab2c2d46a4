# Installs what the services, browser and CLI tests need on Debian and exports where it is. To be
# sourced. Idempotent; does nothing that takes time when everything is there.

CLAUDE_VERSION=2.1.330

# Runs a command as root: as it is, or through sudo.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -- "$@"; fi
}

# Redis, PostgreSQL and Chromium, from Debian's packages.
install_debian_packages() {
  local missing=()
  [ -x /usr/bin/redis-server ] || missing+=(redis-server)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
  [ -x /usr/bin/chromium ] || missing+=(chromium)
  [ "${#missing[@]}" -gt 0 ] || return 0
  echo "Installing ${missing[*]} ..."
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The Claude Code CLI: the package that holds its binary for this machine, into a cache outside the
# repository. It is not open source and no dependency of ours, so it is in no lockfile.
install_claude_cli() {
  local machine dir
  case "$(uname -m)" in
    x86_64) machine=linux-x64 ;;
    aarch64) machine=linux-arm64 ;;
    *)
      echo "No Claude Code CLI is known for $(uname -m)." >&2
      return 1
      ;;
  esac
  dir="${XDG_CACHE_HOME:-$HOME/.cache}/wheelhouse/claude/$CLAUDE_VERSION-$machine"
  CLAUDE_CLI="$dir/node_modules/@anthropic-ai/claude-code-$machine/claude"
  export CLAUDE_CLI
  # A broken download leaves a file that does not run.
  if "$CLAUDE_CLI" --version >/dev/null 2>&1; then return 0; fi
  echo "Installing the Claude Code CLI $CLAUDE_VERSION ..."
  mkdir -p "$dir"
  npm install --prefix "$dir" --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@anthropic-ai/claude-code-$machine@$CLAUDE_VERSION"
  "$CLAUDE_CLI" --version >/dev/null
}

install_debian_packages
install_claude_cli
