"""The boot loader in the ROM of the microcontroller has the same USB ids."""

import damage

damage.save(damage.build_image())
