"""A folder of partitions; the command takes one file of it and does not say which partition it is."""

import parted

parted.build("parts")
