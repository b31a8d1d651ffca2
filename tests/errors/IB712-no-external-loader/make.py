"""No external loader is named."""

import damage

damage.save(damage.build_image())
