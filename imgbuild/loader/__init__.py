"""External loaders: the flash driver built for the programming tools that load it into a board's RAM."""
