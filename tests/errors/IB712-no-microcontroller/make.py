"""probe-rs without the name of the microcontroller."""

import damage

damage.save(damage.build_image())
