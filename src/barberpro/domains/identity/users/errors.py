"""What may go wrong with users and roles, for a caller to act on."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class UserNotFound(NotFound):
    """The organization has no such user, or they see shops that the caller does not."""

    code = "USER_NOT_FOUND"
    says = "There is no user {user_id}."
    user_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class EmailTaken(Conflict):
    """Another user of the organization has this address."""

    code = "EMAIL_TAKEN"
    says = "A user with this e-mail address exists already."


@dataclass(eq=False)
class UserErased(Conflict):
    """The user was forgotten for good."""

    code = "USER_ERASED"
    says = "The user {user_id} was erased; invite them anew."
    user_id: str
    """The user."""


@dataclass(eq=False)
class RoleNotFound(NotFound):
    """The organization has no such role."""

    code = "ROLE_NOT_FOUND"
    says = "There is no role {role_id}."
    role_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class RoleCountOutOfRange(Invalid):
    """A user has no role, or too many."""

    code = "ROLE_COUNT_OUT_OF_RANGE"
    says = "A user has 1 to {most} roles."
    most: int
    """How many a user may have."""


@dataclass(eq=False)
class RoleNameTaken(Conflict):
    """Another role of the organization is called so."""

    code = "ROLE_NAME_TAKEN"
    says = "A role named {name} exists already. Choose another name."
    name: str
    """The name that is taken."""


@dataclass(eq=False)
class RoleScopesInvalid(Invalid):
    """A role gives nothing, or what no role can give."""

    code = "ROLE_SCOPES_INVALID"
    says = "A role gives one or more of these scopes: {known}."
    known: list[str]
    """The scopes that a role can give, in alphabetical order."""


@dataclass(eq=False)
class RoleInUse(Conflict):
    """Users hold the role."""

    code = "ROLE_IN_USE"
    says = "The role {role_id} has {count} users. Give them another role first."
    role_id: str
    """The role."""
    count: int
    """How many users hold it."""


@dataclass(eq=False)
class TooManyRoles(Conflict):
    """The organization has as many roles of its own as it may."""

    code = "TOO_MANY_ROLES"
    says = "An organization may make {most} roles of its own."
    most: int
    """How many an organization may make."""


@dataclass(eq=False)
class RightsExceeded(Conflict):
    """It would give, or take from someone, rights that the caller does not have."""

    code = "RIGHTS_EXCEEDED"
    says = "Nobody manages rights beyond their own. You lack: {lacking}."
    lacking: list[str]
    """The scopes that the caller lacks, in alphabetical order."""


@dataclass(eq=False)
class ReachExceeded(Conflict):
    """It would let someone see shops that the caller does not see."""

    code = "REACH_EXCEEDED"
    says = "You can let others see only shops that you see: name them."


@dataclass(eq=False)
class OwnerLimited(Invalid):
    """An owner cannot be limited to some locations."""

    code = "OWNER_LIMITED"
    says = "An owner sees every location: give no locations, or another role."


@dataclass(eq=False)
class LocationCountOutOfRange(Invalid):
    """The locations are none, or too many to stand in a token."""

    code = "LOCATION_COUNT_OUT_OF_RANGE"
    says = "Limit a user to 1 to {most} locations, or do not limit them at all."
    most: int
    """How many a user may be limited to."""


@dataclass(eq=False)
class LastOwner(Conflict):
    """Without this owner, nobody could manage the organization any more."""

    code = "LAST_OWNER"
    says = "This is the last owner. Make somebody else an owner first."


@dataclass(eq=False)
class UserDisabled(Conflict):
    """The user may not sign in; enable them first."""

    code = "USER_DISABLED"
    says = "The user {user_id} is disabled. Enable them first."
    user_id: str
    """The user."""


@dataclass(eq=False)
class PasswordUnfit(Invalid):
    """The password is too short, too long, or one that is guessed first."""

    code = "PASSWORD_UNFIT"
    says = (
        "A password has {least} to {most} characters, "
        "is not a common one and does not contain the e-mail address."
    )
    least: int
    """How many characters are needed."""
    most: int
    """How many are taken."""


@dataclass(eq=False)
class InvitationVoid(NotFound):
    """The invitation was used, replaced, or is too old."""

    code = "INVITATION_VOID"
    says = "This invitation is not valid any more. Ask for a new one."
