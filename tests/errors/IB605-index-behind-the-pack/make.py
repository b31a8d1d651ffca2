"""A header that fits its checksum puts the TLVs far behind the pack."""

import damage

data = damage.build_image()
data[0x2E] = 0xFF
damage.repair_header(data)
damage.save(data)
