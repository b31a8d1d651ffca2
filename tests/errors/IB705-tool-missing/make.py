"""No tool at all is installed."""

import damage

damage.save(damage.build_image())
