"""The pack of another product, whose partition has the same name."""

import parted

parted.build("other", parted.MANIFEST.replace("name: demo", "name: other"))
parted.build("parts")
