"""An address, but neither board nor tool."""

import damage

damage.save(damage.build_image())
