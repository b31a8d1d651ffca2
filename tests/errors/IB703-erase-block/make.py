"""An image behind a reserved range, in the same page of 64 KiB."""

import damage

damage.save(damage.build_image())
