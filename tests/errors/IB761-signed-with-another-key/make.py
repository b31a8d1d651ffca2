"""A package that somebody else has signed."""

import packages

packages.save_signed(2)
packages.save_key(packages.make_key(1), "ours.pub.pem")
