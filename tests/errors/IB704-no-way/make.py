"""A board that no tool writes."""

import damage

damage.save(damage.build_image())
