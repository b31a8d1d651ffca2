"""A tool and an address, but no board."""

import damage

damage.save(damage.build_image())
