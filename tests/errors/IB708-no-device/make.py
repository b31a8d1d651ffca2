"""No device is in DFU mode."""

import damage

damage.save(damage.build_image())
