"""A sound image."""

import damage

damage.save(damage.build_image())
