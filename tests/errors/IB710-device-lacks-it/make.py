"""A device that shows its internal flash only."""

import damage

damage.save(damage.build_image())
