"""A misspelt board."""

import damage

damage.save(damage.build_image())
