#!/bin/sh
# Installs what tests/e2e drives: Debian's Prometheus, Alertmanager and Chromium. As root; otherwise says what to install.
set -eu

PACKAGES="prometheus prometheus-alertmanager chromium"

missing=""
for command in $PACKAGES; do
    command -v "$command" >/dev/null 2>&1 || missing="$missing $command"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "leitplanke: the end-to-end tests need$missing; install them first (Debian, Ubuntu: sudo apt install$missing)" >&2
    exit 1
fi

# The packages would start some of them as services of this machine; the tests start their own. Exit status 101 means
# "not allowed" to invoke-rc.d (Debian Policy Manual, section 9.3.3.1).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
fi

echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # one word each
apt-get install -y -qq --no-install-recommends $missing >/dev/null
