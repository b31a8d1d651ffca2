"""A file's block names a predecessor outside of the filesystem."""

import damage

data = damage.build_image("littlefs", note=b"x" * 9000)
data[data.index(b"\0\0\0xxxx")] = 0xFF  # highest byte of the pointer
damage.save(data)
