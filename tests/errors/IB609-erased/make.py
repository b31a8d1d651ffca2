"""4 KiB as they are after an erase."""

import damage

damage.save(b"\xff" * 4096)
