"""dfu-util loses the device in the middle of its work."""

import damage

damage.save(damage.build_image())
