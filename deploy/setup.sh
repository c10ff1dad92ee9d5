#!/bin/sh
# What `make` needs before anything else, done by make itself.
#
#   setup.sh check        can this machine run the tools, the local Kafka and PostgreSQL? Changes nothing
#   setup.sh install      a virtual environment in .venv with all of Natija and its tools
#
# Whatever is missing or too old is named in one line, with the line that installs it.
set -eu
cd "$(dirname "$0")/.."

UV=0.13.9
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Bytecode once, at install: where PYTHONDONTWRITEBYTECODE is set, every process would compile 3 s worth of libraries.
export UV_COMPILE_BYTECODE=1
# Where the machine keeps the certificates it trusts, a company's own among them, uv shall too.
[ ! -f /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS=1

wants=""
packages=""

want() { # WHAT PACKAGES
    wants="${wants:+$wants, }$1"
    packages="$packages $2"
}

complain() { # one line for all that is wanted
    [ -n "$wants" ] || return 0
    [ "$(id -u)" = 0 ] && sudo="" || sudo="sudo "
    echo "natija: missing: $wants. Install with: ${sudo}apt-get install -y$packages" >&2
    exit 1
}

find_python() { # python="the python3 of this machine, else the newest that fits"
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
        want "venv for $without" "$without-venv"
    elif [ -n "$old" ]; then
        want "Python 3.11 or newer (found $old)" "python3.11 python3.11-venv"
    else
        want "Python 3.11 or newer" "python3 python3-venv"
    fi
}

find_java() {
    command -v java >/dev/null || { want "a JDK 17 or newer" "default-jdk-headless"; return; }
    version="$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\)[."].*/\1/p' | head -n 1)"
    [ "${version:-0}" -ge 17 ] || want "a JDK 17 or newer (found ${version:-none that runs})" "openjdk-17-jdk-headless"
}

check() {
    find_python
    if [ -z "${NATIJA_KAFKA:-}" ]; then
        find_java
        command -v mvn >/dev/null || want "Maven" "maven"
    fi
    complain
}

uv_install() {
    .venv/bin/uv pip install -q --python .venv/bin/python "$@"
}

install() {
    find_python
    complain
    # A copied or moved environment still points to where it was made.
    [ "$(cat .venv/made-in 2>/dev/null)" = "$PWD" ] || rm -rf .venv
    if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
        echo "Making .venv with $("$python" -V)"
        "$python" -m venv --clear .venv
        echo "$PWD" > .venv/made-in
    fi
    [ "$(.venv/bin/uv --version 2>/dev/null | cut -d' ' -f2)" = "$UV" ] || .venv/bin/python -m pip install -q "uv==$UV"
    echo "Installing what requirements.lock names"
    uv_install --require-hashes -r requirements.lock
    set --
    for member in libs/events libs/chassis services/*/; do set -- "$@" -e "./$member"; done
    uv_install --no-deps --no-build-isolation "$@"
    touch .venv/installed
}

"$1"
