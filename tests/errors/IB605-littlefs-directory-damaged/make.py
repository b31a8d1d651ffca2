"""All metadata but the root folder's are damaged: of the folder "texts"."""

import damage

data = damage.build_image("littlefs", name="texts/note.txt")
for block in range(2, 8):
    data[4096 * block + 8] ^= 1
damage.save(data)
