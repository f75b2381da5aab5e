"""What may stand in the way of putting a model into use."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, NotFound


@dataclass(eq=False)
class ModelVersionNotFound(NotFound):
    """No version of this organization has that id."""

    code = "MODEL_VERSION_NOT_FOUND"
    says = "There is no model version {version_id}."
    version_id: str
    """The version asked for."""


@dataclass(eq=False)
class NotInTraining(Conflict):
    """The version was put into use, given up or overtaken before."""

    code = "NOT_IN_TRAINING"
    says = "Model version {version_id} is {standing}, and only one in training can be put into use."
    version_id: str
    """The version asked for."""
    standing: str
    """Where it stands."""


@dataclass(eq=False)
class Overtaken(Conflict):
    """A version whose training began later is in use already."""

    code = "OVERTAKEN"
    says = "Model version {version_id} was overtaken by {by}, whose training began later."
    version_id: str
    """The version asked for."""
    by: str
    """The version in use."""
