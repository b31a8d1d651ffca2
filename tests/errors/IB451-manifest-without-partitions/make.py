"""A manifest of one image."""

import parted

parted.build("ext.bin", "version: 1\nname: demo\nflash: {board: qemu-ast1030}\nassets: [{file: note.txt}]\n")
