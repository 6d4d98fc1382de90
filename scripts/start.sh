# Sourced by the scripts, with packages=run or test. Goes to the checkout, makes .venv as it should be, and puts it
# first on PATH. PYTHON names another interpreter.
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
if [ ! -w "${HOME:-}" ]; then # pip, uv and npm want a place for their caches
    HOME=$root/.cache/home
    export HOME
    mkdir -p "$HOME"
fi

found=
for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    command -v "$python" >/dev/null || continue
    status=0
    "$python" -I scripts/environment.py "$packages" || status=$?
    case $status in
        0) found=yes && break ;;
        64 | 126 | 127) ;; # too old, or a shim without an interpreter
        *) exit "$status" ;;
    esac
done
if [ -z "$found" ]; then
    echo "Python 3.11 or newer is needed; PYTHON=/path/to/python3 names one." >&2
    exit 1
fi
PATH=$root/.venv/bin:$PATH
VIRTUAL_ENV=$root/.venv
export PATH VIRTUAL_ENV
unset PYTHONHOME
