"""Runs of tasks in the processes of a server: what is killed, revoked, cancelled or too slow."""
