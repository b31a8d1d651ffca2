"""SFDP tables as parts answered them, written by hand from what was published.

- MX25R6435F: basic table in Zephyr's devicetree of the nRF52840 DK (boards/nordic/nrf52840dk).
- W25Q64JV: printed in the README of github.com/htminuslab/STM32-LittleFS-QSPI (JEDEC id EF 40 17).
- W25Q512JV, MX66L1G45G, N25Q256A, MT35XU01G: QEMU, hw/block/m25p80_sfdp.c.
- IS25WP256, SST26VF064B: the mailing lists of Linux (the latter also in its driver-api/mtd/spi-nor.rst).
"""

BLANK = b"\xff"


def build(
    basic, four_byte="", *, pointer=0x30, four_pointer=0x80, sector_map=False, revision=(1, 6), length=256
):
    """A dump of the tables given as hexadecimal text, headers in front, the rest blank."""
    table = bytes.fromhex(basic)
    headers = [(0x00, revision[1], revision[0], len(table) // 4, pointer, 0xFF)]
    headers += [(0x84, 0, 1, 2, four_pointer, 0xFF)] if four_byte else []
    headers += [(0x81, 0, 1, 6, length - 24, 0xFF)] if sector_map else []
    data = bytearray(BLANK * length)
    data[:8] = b"SFDP" + bytes([6, 1, len(headers) - 1, 0xFF])
    for number, (low, minor, major, dwords, at, high) in enumerate(headers, 1):
        data[8 * number : 8 * number + 8] = (
            bytes([low, minor, major, dwords]) + at.to_bytes(3, "little") + bytes([high])
        )
    data[pointer : pointer + len(table)] = table
    data[four_pointer : four_pointer + len(bytes.fromhex(four_byte))] = bytes.fromhex(four_byte)
    return bytes(data)


MX25R6435F = build(
    "e520f1ff ffffff03 44eb086b 083b04bb eeffffff ffff00ff ffff00ff 0c200f52"
    "10d800ff 2372f500 82ed04cc 44836844 30b030b0 f7c4d55c 00be29ff f0d0ffff"
)
W25Q64JV = (
    bytes.fromhex("53464450050100ff 00050110800000ff")
    + BLANK * 112
    + bytes.fromhex(
        "e520f9ff ffffff03 44eb086b 083b42bb feffffff ffff0000 ffff40eb 0c200f52"
        "10d80000 3602a600 82ea14c4 e9637633 7a757a75 f7a2d55c 19f74dff e930f880"
    )
    + BLANK * 64
)
W25Q512JV = build(
    "e520fbff ffffff1f 44eb086b 083b42bb feffffff ffff0000 ffff40eb 0c200f52"
    "10d80000 3602a600 82ea14e2 e9637633 7a757a75 f7a2d55c 19f74dff e970f9a5",
    "ff0af0ff 21ffdcff",
    pointer=0x80,
    four_pointer=0xD0,
)
MX66L1G45G = build(
    "e520fbff ffffff3f 44eb086b 083b04bb feffffff ffff00ff ffff44eb 0c200f52"
    "10d800ff d649c500 85df04e3 44036738 30b030b0 f7bdd55c 4a9e29ff f050f985",
    "7fefffff 215cdcff",
    four_pointer=0xC0,
)
IS25WP256 = build(
    "e520f9ff ffffff0f 44eb086b 083b80bb feffffff ffff00ff ffff44eb 0c200f52"
    "10d800ff 234ac900 82d811ce cccd6846 7a757a75 f7aed55c 4a422cff f030faa9"
)
SST26VF064B = build(
    "fd20f1ff ffffff03 44eb086b 083b80bb feffffff ffff00ff ffff440b 0c200dd8"
    "0fd810d8 20914824 806f1d81 ed0f7738 30b030b0 f7ffffff 29c25cff f030c080",
    sector_map=True,
)
N25Q256A = build(
    "e520fbff ffffff0f 29eb276b 083b27bb ffffffff ffff27bb ffff29eb 0c2010d8 00000000", revision=(1, 0)
)
MT35XU01G = build(
    "e5208aff ffffff3f 00000000 00000000 eeffffff ffff0000 ffff0000 0c2011d8"
    "0f520000 245a9900 8b8e03e1 ac012738 7a757a75 fbbdd55c 000070ff 81b03836",
    "430effff 21dc5cff",
)
ALL = {
    "mx25r6435f": MX25R6435F,
    "w25q64jv": W25Q64JV,
    "w25q512jv": W25Q512JV,
    "mx66l1g45g": MX66L1G45G,
    "is25wp256": IS25WP256,
    "sst26vf064b": SST26VF064B,
    "n25q256a": N25Q256A,
    "mt35xu01g": MT35XU01G,
}
