"""A chip of the same size by another maker."""

import damage

damage.save(damage.build_image())
