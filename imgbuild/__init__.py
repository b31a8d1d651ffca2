"""imgbuild: pictures and fonts into one flash image for microcontroller displays."""

__version__ = "0.1.0"
FORMAT_MAJOR = 1
