"""Faults and attacks under load: `make faults` prints the figures of each, the tests run a short form."""
