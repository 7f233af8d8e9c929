"""Assertions of trusted issuers (RFC 7523 section 2.1): their verification, and whom they are about here.

- `assertions` verifies an assertion, step by step, and `keys` has the keys of an issuer;
- `people` finds or adds the person of a subject, `workloads` the service person of a workload;
- `ending` ends what was issued when an issuer's terms change.
"""
