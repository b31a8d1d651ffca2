"""OpenOCD answers 0 before its script is done."""

import damage

damage.save(damage.build_image())
