"""What leaves before, or without, a result: Server-Sent Events, what fills them, and how many there may be."""
