"""An address in the middle of a partition as large as the image."""

import damage

damage.save(damage.build_image())
