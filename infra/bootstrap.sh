#!/bin/sh
# Gets the tools that everything else needs, on a machine with nothing but Python 3.11+, make and git.
#
#   infra/bootstrap.sh python   prints a Python that fits
#   infra/bootstrap.sh uv ...   runs uv: the one on PATH if recent, else one put into .tools/uv
#   infra/bootstrap.sh sync     makes .venv hold exactly what uv.lock says
#   infra/bootstrap.sh sam      makes .tools/sam hold the SAM command line, as pinned in infra/packaging/sam-cli.txt
#   infra/bootstrap.sh node     makes .tools/node hold node, as pinned in infra/packaging/node.txt, and bundles the
#                               board's scripts into functions/serve_board, as pinned in infra/board/package-lock.json
#   infra/bootstrap.sh fuzz     makes .tools/fuzz hold what .venv does, and the fuzzer where it has a wheel
#   infra/bootstrap.sh microburst   makes .tools/microburst hold the fault injector of `make chaos`, likewise
#
# Everything stays inside the project. Called by the Makefile; a person types `make`.
set -eu
cd "$(dirname "$0")/.."
HERE=$(pwd -P)

UV_VERSION=0.13.9
UV_OLDEST=0.8.0  # the oldest that is known to read this lock file and to know our platform names

# uv must use a Python that is here, never fetch one, and never write into an environment of somebody else's.
export UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv UV_NO_PROGRESS=1
# Where the system has certificates they count, as they do for pip: a company's own authority is among them.
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then export UV_SYSTEM_CERTS=true UV_NATIVE_TLS=true; fi
unset VIRTUAL_ENV PYTHONHOME UV_PYTHON UV_SYSTEM_PYTHON 2>/dev/null || true

say() { echo "leitplanke: $*" >&2; }
die() { say "$@"; exit 1; }

# Some commands exist and do not work (a pyenv shim without its version): only running one tells.
fits() { "$1" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
makes_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# The environment's own Python comes first, so that it is not rebuilt for another one that turns up.
# 3.13 is next because the functions run on it.
pythons() {
    for name in .venv/bin/python python3.13 python3.12 python3.11 python3 python; do
        if fits "$name"; then command -v "$name"; fi
    done
    found=$(uv python find --no-project '>=3.11,<3.14' 2>/dev/null) || return 0  # one that only uv knows
    if fits "$found"; then echo "$found"; fi
}

find_python() {
    found=$(pythons | head -n 1)
    [ -n "$found" ] || die "no Python 3.11, 3.12 or 3.13 found on PATH (Debian, Ubuntu: sudo apt install python3 python3-venv)"
    echo "$found"
}

recent() {  # is version $1 at least version $2?
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

find_uv() {
    if version=$(uv --version 2>/dev/null) && recent "$(echo "$version" | cut -d ' ' -f 2)" "$UV_OLDEST"; then
        command -v uv
        return
    fi
    # the program itself may be moved freely; only a missing or another version is fetched
    if [ "$(.tools/uv/bin/uv --version 2>/dev/null | cut -d ' ' -f 2)" != "$UV_VERSION" ]; then install_uv; fi
    echo "$HERE/.tools/uv/bin/uv"
}

install_uv() {
    find_python >/dev/null
    for python in $(pythons); do
        case $python in .venv/*) continue ;; esac
        if makes_environments "$python"; then
            say "fetching uv $UV_VERSION into .tools/uv"
            "$python" -m venv --clear .tools/uv >&2
            .tools/uv/bin/python -m pip install -qq --disable-pip-version-check \
                --only-binary :all: "uv==$UV_VERSION" >&2
            return
        fi
    done
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    die "$python lacks the venv module: install it (Debian, Ubuntu: sudo apt install python$version-venv), or uv, and run make again"
}

# Environments hold absolute paths: one that was moved or copied here is thrown away. Its stamp, which the Makefile
# compares with its files, says where it was made.
discard_if_moved() {
    if [ -s "$1/.synced" ] && [ "$(cat "$1/.synced")" != "$HERE" ]; then rm -rf "$1"; fi
}

sync() {
    discard_if_moved .venv
    python=$(find_python)
    uv=$(find_uv)
    say "bringing .venv up to date with uv.lock"
    "$uv" sync --quiet --frozen --python "$python"
    knows_our_code .venv
    echo "$HERE" > .venv/.synced
}

# `leitplanke` is importable from its source root, as an editable install would make it, without a build backend.
knows_our_code() {
    site=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$HERE/shared" > "$site/leitplanke.pth"
}

sam() {
    python=$(find_python)
    uv=$(find_uv)
    say "bringing the SAM command line in .tools/sam up to date"
    "$uv" venv --quiet --clear --python "$python" .tools/sam
    "$uv" pip sync --quiet --python .tools/sam/bin/python --require-hashes infra/packaging/sam-cli.txt
    echo "$HERE" > .tools/sam/.synced
}

# node comes as a wheel, so that it is pinned and found like everything else; npm brings what is bundled.
node() {
    discard_if_moved .tools/node
    if [ ! .tools/node/.synced -nt infra/packaging/node.txt ]; then
        python=$(find_python)
        uv=$(find_uv)
        say "fetching node into .tools/node"
        "$uv" venv --quiet --clear --python "$python" .tools/node
        "$uv" pip sync --quiet --python .tools/node/bin/python --require-hashes infra/packaging/node.txt
        echo "$HERE" > .tools/node/.synced
    fi
    PATH="$HERE/.tools/node/bin:$PATH"
    if [ ! infra/board/node_modules/.package-lock.json -nt infra/board/package-lock.json ]; then
        say "fetching what the board's scripts are made of"
        (cd infra/board && npm ci --no-update-notifier --loglevel=error --no-audit --no-fund)
        touch infra/board/node_modules/.package-lock.json
    fi
    say "bundling the board's scripts"
    .tools/node/bin/node infra/board/bundle.mjs
}

microburst() {
    python=$(find_python)
    uv=$(find_uv)
    say "bringing microburst in .tools/microburst up to date"
    "$uv" venv --quiet --clear --python "$python" .tools/microburst
    "$uv" pip sync --quiet --python .tools/microburst/bin/python --require-hashes infra/packaging/microburst.txt
    echo "$HERE" > .tools/microburst/.synced
}

fuzz() {
    discard_if_moved .tools/fuzz
    python=$(find_python)
    uv=$(find_uv)
    say "bringing the fuzzer in .tools/fuzz up to date"
    UV_PROJECT_ENVIRONMENT=.tools/fuzz "$uv" sync --quiet --frozen --group fuzz --python "$python"
    knows_our_code .tools/fuzz
    echo "$HERE" > .tools/fuzz/.synced
}

case "${1:-}" in
    python) find_python ;;
    uv)
        uv=$(find_uv)
        shift
        exec "$uv" "$@"
        ;;
    sync) sync ;;
    sam) sam ;;
    microburst) microburst ;;
    node) node ;;
    fuzz) fuzz ;;
    *) die "usage: infra/bootstrap.sh python|uv ...|sync|sam|node|microburst|fuzz" ;;
esac
