"""Why it failed: what is in the trail about one attempt to connect, put together and explained."""
