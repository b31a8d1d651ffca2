"""4 KiB of zeros."""

import damage

damage.save(bytes(4096))
