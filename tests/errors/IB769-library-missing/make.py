"""Nothing but the folder."""
