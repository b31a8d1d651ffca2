"""A board with two ways."""

import damage

damage.save(damage.build_image())
