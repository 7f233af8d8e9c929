"""Diagnosis of failed connections: the events of one attempt, put together and explained."""
