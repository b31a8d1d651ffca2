"""For all tests: signals mean what they mean on a terminal.

A run in the background of a script, or under nohup, begins with SIGINT or SIGHUP ignored, and every program
that a test starts would inherit that.
"""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
