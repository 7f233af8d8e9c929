"""Tests of the seam for extensions, and of the extensions of this server."""
