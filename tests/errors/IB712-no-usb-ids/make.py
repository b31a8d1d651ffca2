"""dfu-util without a board."""

import damage

damage.save(damage.build_image())
