"""Tests of accounts/dpop/."""
