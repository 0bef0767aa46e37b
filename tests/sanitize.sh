#!/usr/bin/env bash
# Runs the kernels' unit tests where a read or write outside of a slice, or a race of threads, cannot go unseen.
#
#     tests/sanitize.sh [valgrind|address|thread]...
#
# valgrind  the binary of the pinned compiler, with the processor's instruction set and with the plain one
# address   AddressSanitizer, both instruction sets; needs a nightly compiler
# thread    ThreadSanitizer; needs a nightly compiler with `rust-src`, because a standard library that is not
#           instrumented hides what its locks order, and gives false alarms
#
# Without a name it runs each of them for which the tools are there.
set -euo pipefail
cd "$(dirname "$0")/.."

target=x86_64-unknown-linux-gnu
# Twenty to fifty times slower than without: the dense grids of `math` are values in registers, and show nothing here.
skip=(--skip within_their_bounds --skip saturated)
export TRAINING_LOOP_STRESS="${TRAINING_LOOP_STRESS:-500}"

has() {
    case "$1" in
        valgrind) command -v valgrind ;;
        address) cargo +nightly --version ;;
        thread) test -d "$(rustc +nightly --print sysroot)/lib/rustlib/src/rust/library" ;;
    esac > /dev/null 2>&1
}

# The kernels' tests, with the processor's instruction set and then with the plain one.
tests() {
    printf '\n== %s\n' "$*"
    "$@" -- kernel "${skip[@]}"
    TRAINING_LOOP_SIMD=off "$@" -- kernel "${skip[@]}"
}

run() {
    case "$1" in
        valgrind)
            CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="valgrind -q --error-exitcode=9" \
                tests cargo test -q --locked -p training-loop --lib
            ;;
        address)
            RUSTFLAGS=-Zsanitizer=address \
                tests cargo +nightly test -q --locked -p training-loop --lib --target $target
            ;;
        thread)
            RUSTFLAGS=-Zsanitizer=thread \
                tests cargo +nightly test -q --locked -Zbuild-std -p training-loop --lib --target $target
            ;;
        *)
            echo "$1: there are valgrind, address and thread"
            exit 2
            ;;
    esac
}

if [ $# -gt 0 ]; then
    for tool in "$@"; do
        run "$tool"
    done
else
    for tool in valgrind address thread; do
        if has $tool; then run $tool; else echo "$tool: the tools are not there"; fi
    done
fi
