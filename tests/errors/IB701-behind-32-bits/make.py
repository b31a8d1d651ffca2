"""An image of 8 KiB at the last 4 KiB of the chip."""

import damage

damage.save(damage.build_image(note=bytes(5000)))
