"""How the probability tables of codec 3 were made: ``cd tests && python -m train`` makes them again."""
