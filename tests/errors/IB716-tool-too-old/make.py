"""A version of OpenOCD without the commands that the script uses."""

import damage

damage.save(damage.build_image())
