"""What breaks, and what attackers do, under load: `make faults` prints the figures of each, the tests a short form."""
