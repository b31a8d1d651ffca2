"""The update was torn: the end marker was never written."""

import damage

data = damage.build_image()
data[0xC4:0xCC] = b"\xff" * 8
damage.save(data)
