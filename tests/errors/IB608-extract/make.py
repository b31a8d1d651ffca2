"""As a payload that contradicts itself is turned into a picture."""

import damage

data = damage.build_image()
data[0x90] = 4
damage.repair(data)
damage.save(data)
