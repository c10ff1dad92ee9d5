#!/bin/sh
# Checks and prepares this machine for `make`, which calls it.
#
#   setup.sh check        check that this machine can run the tools, Kafka and PostgreSQL; change nothing
#   setup.sh install      create .venv with all of Natija and its tools
#
# It names in one line what is missing or too old, with the command that installs it.
set -eu
cd "$(dirname "$0")/.."

UV=0.13.9
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Compile once, at install. Where PYTHONDONTWRITEBYTECODE is set, every process would spend 3 s on it.
export UV_COMPILE_BYTECODE=1
# Let uv trust the certificates that this machine trusts, such as a company's own.
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1

missing=""
packages=""

require() { # WHAT PACKAGES
    missing="${missing:+$missing, }$1"
    packages="$packages $2"
}

fail_if_missing() { # one line for everything that is missing
    [ -n "$missing" ] || return 0
    [ "$(id -u)" = 0 ] && sudo="" || sudo="sudo "
    echo "natija: missing: $missing. Install with: ${sudo}apt-get install -y$packages" >&2
    exit 1
}

find_python() { # sets python: python3 of this machine, or the newest version that works
    python=""
    old=""
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        command -v "$candidate" >/dev/null || continue
        if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            old="${old:-$("$candidate" -V 2>&1 | cut -d' ' -f2)}"
        elif "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            python="$candidate"
            return
        else
            without="${without:-$candidate}"
        fi
    done
    if [ -n "${without:-}" ]; then
        require "venv for $without" "$without-venv"
    elif [ -n "$old" ]; then
        require "Python 3.11 or newer (found $old)" "python3.11 python3.11-venv"
    else
        require "Python 3.11 or newer" "python3 python3-venv"
    fi
}

find_java() {
    command -v java >/dev/null || { require "a JDK 17 or newer" "default-jdk-headless"; return; }
    version="$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\)[."].*/\1/p' | head -n 1)"
    [ "${version:-0}" -ge 17 ] || require "a JDK 17 or newer (found ${version:-none that runs})" "openjdk-17-jdk-headless"
}

check() {
    find_python
    if [ -z "${NATIJA_KAFKA:-}" ]; then
        find_java
        command -v mvn >/dev/null || require "Maven" "maven"
    fi
    fail_if_missing
}

uv_install() {
    .venv/bin/uv pip install -q --python .venv/bin/python "$@"
}

install() {
    find_python
    fail_if_missing
    # A copied or moved environment still points to its old folder.
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] || rm -rf .venv
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        echo "Creating .venv with $("$python" -V)"
        "$python" -m venv --clear .venv
        echo "$PWD" > .venv/made-in
    fi
    [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$UV" ] || .venv/bin/python -m pip install -q "uv==$UV"
    echo "Installing the packages of requirements.lock"
    uv_install --require-hashes -r requirements.lock
    set --
    for member in libs/*/ services/*/; do set -- "$@" -e "./$member"; done
    uv_install --no-deps --no-build-isolation "$@"
    touch .venv/installed
}

"$1"
