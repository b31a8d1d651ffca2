#!/bin/sh
# Installs what the tests need beside Python packages: where it may (Debian, root) at once, otherwise it says
# in one line what to install. "install_tools.sh python" asks for Python's venv and a C compiler only.
set -eu
missing=""
need() { # command, Debian package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
need python3 python3
need cc gcc
[ -f /usr/include/stdio.h ] || missing="$missing libc6-dev"
if [ "${1:-all}" = all ]; then
  need git git
  need g++ g++
  need arm-none-eabi-gcc gcc-arm-none-eabi
  need qemu-system-arm qemu-system-arm
  need powerpc-linux-gnu-gcc gcc-powerpc-linux-gnu
  [ -f /usr/powerpc-linux-gnu/include/stdio.h ] || missing="$missing libc6-dev-powerpc-cross"
  need qemu-ppc qemu-user
  need avr-gcc gcc-avr
  need simavr simavr
  [ -f /usr/lib/avr/include/string.h ] || missing="$missing avr-libc"
  need clang-format clang-format
  need clang clang
  need ld.lld lld
  need make make
  need srec_cat srecord
  need dfu-suffix dfu-util
  need openocd openocd
  [ -x /usr/sbin/flashrom ] || need flashrom flashrom
  [ -f /usr/include/libusb-1.0/libusb.h ] || missing="$missing libusb-1.0-0-dev"
  need gdb-multiarch gdb-multiarch
  need file file
  need sb lrzsz
  need hb-shape libharfbuzz-bin
  [ -f /usr/share/unicode/BidiTest.txt ] || missing="$missing unicode-data"
  [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$missing fonts-dejavu-core"
  [ -f /usr/share/fonts/truetype/tlwg/Loma.ttf ] || missing="$missing fonts-tlwg-loma-ttf"
  [ -f /usr/share/fonts/truetype/khmeros/KhmerOS.ttf ] || missing="$missing fonts-khmeros"
  [ -f /usr/share/fonts/truetype/lohit-devanagari/Lohit-Devanagari.ttf ] || missing="$missing fonts-lohit-deva"
  [ -f /usr/share/fonts/truetype/ezra/SILEOT.ttf ] || missing="$missing fonts-sil-ezra"
  [ -f /usr/share/fonts/opentype/fonts-hosny-amiri/Amiri-Regular.ttf ] || missing="$missing fonts-hosny-amiri"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing:$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "please install first (Debian's names):$missing" >&2
  exit 1
fi
