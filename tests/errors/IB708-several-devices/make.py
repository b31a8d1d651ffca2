"""Two boards of one kind are plugged in."""

import damage

damage.save(damage.build_image())
