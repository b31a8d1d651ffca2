"""Neither a board nor an address."""

import damage

damage.save(damage.build_image())
