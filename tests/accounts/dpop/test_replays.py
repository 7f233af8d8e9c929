"""Used proofs: each is accepted once, and forgotten when it would be refused for its age."""

import time

import pytest

from accounts.dpop import nonces, proofs, replays
from accounts.dpop.errors import InvalidProof
from accounts.models import UsedProof
from accounts.pruning import used_proofs

pytestmark = pytest.mark.django_db

PROOF = proofs.Proof("thumbprint", "identifier", "")


def test_a_proof_is_used_once() -> None:
    replays.use(PROOF)
    with pytest.raises(InvalidProof, match="used before"):
        replays.use(PROOF)


def test_a_used_proof_is_stored_for_as_long_as_it_would_be_accepted() -> None:
    replays.use(PROOF)
    kept = UsedProof.objects.get().expires_at - time.time()
    assert kept > (proofs.MOST_AGE + proofs.MOST_AHEAD).total_seconds()
    assert kept > nonces.LIFETIME.total_seconds()
    assert kept < 600


def test_expired_proofs_are_deleted() -> None:
    UsedProof.objects.create(identifier="old", expires_at=int(time.time()) - 1)
    replays.use(PROOF)
    assert used_proofs().get().identifier == "old"
    replays.delete_expired()
    assert UsedProof.objects.get().identifier == "identifier"


def test_processes_delete_expired_proofs_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    deletions: list[None] = []
    monkeypatch.setattr(replays, "delete_expired", lambda: deletions.append(None))
    monkeypatch.setattr(replays, "_deleted_at", time.monotonic() - replays.DELETION_SECONDS)
    replays.delete_expired_if_due()
    replays.delete_expired_if_due()
    assert len(deletions) == 1
