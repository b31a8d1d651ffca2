"""An image over the end of the area for updates over the air."""

import damage

damage.save(damage.build_image())
