"""Nothing answers on the wire."""

import damage

damage.save(damage.build_image())
