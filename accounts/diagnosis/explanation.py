"""An explanation of a reason in the audit log."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rule that refused a request, and what to do."""

    rule: "StrOrPromise"
    remedy: "StrOrPromise"
