"""A text file in place of an image."""

import damage

damage.save(b"version: 1\n")
