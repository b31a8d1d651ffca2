"""OpenOCD knows no board of that name."""

import damage

damage.save(damage.build_image())
