"""Logs, metrics, traces, health and readiness."""
