"""flashrom without a programmer."""

import damage

damage.save(damage.build_image())
