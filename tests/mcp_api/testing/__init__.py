"""Tests of the client for tests of a project."""
