#!/usr/bin/env bash
# Runs the kernels' unit tests on an emulated processor with AVX-512, for machines that have none.
#
#     tests/avx512.sh KERNEL [FILTER]...
#
# KERNEL is a Linux image for x86-64 that speaks to the first serial port (Debian: `apt-get download` and
# `dpkg-deb -x` of a linux-image-*-cloud-amd64, its boot/vmlinuz-*); FILTERs choose tests, `kernel` without one.
# Needs bochs (2.7 or later, with EVEX), its `term` display, vgabios, isolinux, xorriso, busybox-static, cpio and
# python3, all of which Debian has. qemu's own emulation knows no AVX-512.
set -euo pipefail
cd "$(dirname "$0")/.."

image=${1:?the path of a Linux image}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

binary=$(cargo test --locked -p training-loop --lib --no-run --message-format=json |
    grep -o '"executable":"[^"]*training_loop-[^"]*"' | tail -n 1 | cut -d '"' -f 4)

# A system in memory: busybox, the tests, and the libraries that they are linked with.
root=$work/root
mkdir -p "$root"/{bin,proc,dev} "$work/disk"
cp "$(command -v busybox)" "$root/bin/busybox"
strip -o "$root/tests" "$binary"
for library in $(ldd "$binary" | grep -o '/[^ ]*'); do
    cp -L --parents "$library" "$root"
done
cat > "$root/init" << END
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
exec > /dev/ttyS0 2>&1
echo 1 > /proc/sys/kernel/printk
/bin/busybox grep -m 1 -o 'avx512.*' /proc/cpuinfo
export RUST_TEST_THREADS=1 TRAINING_LOOP_STRESS=50
/tests ${*:-kernel} --skip within_their_bounds --skip saturated && echo PASSED
echo FINISHED
# What the serial port still holds would be lost.
/bin/busybox sleep 2
/bin/busybox poweroff -f
END
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$work/disk/root.gz"

# A disk that boots it. Bochs reports sizes of the XSAVEC format that Linux rightly does not believe.
cp "$image" "$work/disk/linux"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disk"
cat > "$work/disk/isolinux.cfg" << END
DEFAULT linux
LABEL linux
  KERNEL linux
  APPEND initrd=root.gz console=ttyS0 nokaslr mitigations=off tsc=reliable panic=-1 noapic clearcpuid=xsaves,xsavec
END
xorriso -as mkisofs -quiet -o "$work/disk.iso" -b isolinux.bin -no-emul-boot -boot-load-size 4 -boot-info-table "$work/disk"
cat > "$work/bochsrc" << END
display_library: term
cpu: model=corei7_skylake_x, ips=100000000, ignore_bad_msrs=1
memory: guest=512, host=512
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$work/disk.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/serial
log: $work/log
panic: action=fatal
END
echo continue > "$work/commands"

# Bochs wants a terminal, and never ends by itself.
touch "$work/serial"
TERM=xterm python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
    bochs -q -f "$work/bochsrc" -rc "$work/commands" < /dev/null > "$work/screen" 2>&1 &
emulator=$!
trap 'kill $emulator 2> /dev/null || true; rm -rf "$work"' EXIT
until grep -qE '^FINISHED|Kernel panic' "$work/serial" || ! kill -0 $emulator 2> /dev/null; do
    sleep 5
done
grep -E '^avx512|^test |^PASSED|panicked' "$work/serial"
grep -q '^PASSED' "$work/serial"
