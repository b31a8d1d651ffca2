"""A folder of partitions; the command takes a file of another one than it names."""

import parted

parted.build("parts")
