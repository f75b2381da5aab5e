"""What this domain tells others. The subject is the version."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class TrainingBegun(Event):
    """A model is being trained; nothing it says is in use."""

    type = "model.training_begun"
    kind: str


@dataclass(frozen=True, kw_only=True)
class RowsLearned(Event):
    """A version in training wrote a part of what it says: `rows` of `table`, nothing of it in use yet."""

    type = "model.rows_learned"
    table: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class ModelActivated(Event):
    """What callers are told comes from this version from now on."""

    type = "model.activated"
    kind: str
    replaced: str | None
    trained_through: datetime
    data_hash: str


@dataclass(frozen=True, kw_only=True)
class TrainingFailed(Event):
    """A training was given up; what was in use stays in use."""

    type = "model.training_failed"
    kind: str


@dataclass(frozen=True, kw_only=True)
class RowsForgotten(Event):
    """What a version said that is no longer in use was deleted from `table`."""

    type = "model.rows_forgotten"
    table: str
