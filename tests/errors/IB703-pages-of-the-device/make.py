"""A device whose pages are larger than the board's row says."""

import damage

damage.save(damage.build_image())
