"""An empty file."""

import damage

damage.save(b"")
