"""What is told of users. Ids, scopes and reasons only: the log outlives an erasure."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class UserInvited(Event):
    """Someone may become a user. The subject is the user."""

    type = "user.invited"
    roles: list[str]
    locations: list[str] | None


@dataclass(frozen=True, kw_only=True)
class UserInvitedAgain(Event):
    """A user got a link to choose a new password; an earlier link is void. The subject is the user."""

    type = "user.invited_again"


@dataclass(frozen=True, kw_only=True)
class PasswordChosen(Event):
    """A user took up an invitation and has a new password. The subject is the user."""

    type = "user.password_chosen"


@dataclass(frozen=True, kw_only=True)
class UserRolesSet(Event):
    """A user has other roles, or sees other shops. The subject is the user."""

    type = "user.roles_set"
    roles: list[str]
    locations: list[str] | None


@dataclass(frozen=True, kw_only=True)
class UserDisabledNow(Event):
    """A user may not act any more. The subject is the user."""

    type = "user.disabled"


@dataclass(frozen=True, kw_only=True)
class UserEnabled(Event):
    """A user may act again. The subject is the user."""

    type = "user.enabled"


@dataclass(frozen=True, kw_only=True)
class UserErased(Event):
    """A user was forgotten for good: nothing says any more who they were. The subject is the user."""

    type = "user.erased"


@dataclass(frozen=True, kw_only=True)
class SessionsRevoked(Event):
    """All sessions and tokens of a user are void. The subject is the user."""

    type = "user.sessions_revoked"
    count: int
    """Sessions that were open."""


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """A user signed in. The subject is the user."""

    type = "user.signed_in"
    session: str
    amr: list[str]


@dataclass(frozen=True, kw_only=True)
class SignInRefused(Event):
    """Someone failed to sign in. The subject is the user, or the client by which they came where nobody is known."""

    type = "user.sign_in_refused"
    reason: str
    """`password`, `disabled`, `second_factor`; `address` where no user has it."""


@dataclass(frozen=True, kw_only=True)
class SignedOut(Event):
    """A user ended a session. The subject is the user."""

    type = "user.signed_out"
    session: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorEnrolled(Event):
    """A user set up codes from an app, and has fresh recovery codes. The subject is the user."""

    type = "second_factor.enrolled"


@dataclass(frozen=True, kw_only=True)
class SecondFactorUsed(Event):
    """A code from the app was taken; none is taken twice. The subject is the user."""

    type = "second_factor.used"


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(Event):
    """A user lost their second factor and its recovery codes. The subject is the user."""

    type = "second_factor.removed"


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """A user signed in with a recovery code, which is void now. The subject is the user."""

    type = "recovery_code.used"
    left: int


@dataclass(frozen=True, kw_only=True)
class RoleMade(Event):
    """The organization has a role more. The subject is the role."""

    type = "role.made"
    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    """A role allows something else, or is called otherwise. The subject is the role."""

    type = "role.changed"
    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class RoleDeleted(Event):
    """The organization has a role less. The subject is the role."""

    type = "role.deleted"
