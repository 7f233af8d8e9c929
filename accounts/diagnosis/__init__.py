"""Diagnosis of failed connections: events grouped into attempts, with explanations."""
