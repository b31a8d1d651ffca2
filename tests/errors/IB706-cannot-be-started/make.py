"""A tool whose interpreter is missing."""

import damage

damage.save(damage.build_image())
