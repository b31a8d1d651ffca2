"""A text file in place of an external loader."""

import damage

damage.save(damage.build_image())
