"""dfu-util answers 0 without writing."""

import damage

damage.save(damage.build_image())
