"""Users as whoever manages them meets them: invited, read, kept out, over HTTP."""

from typing import Any

import pytest

from barberpro.domains.identity.users.roles import BUILT_IN, KNOWN_SCOPES
from barberpro.platform import ids

INVITE = """
mutation ($input: UserInviteInput!) {
  userInvite(input: $input) {
    user {
      id name email isActive hasPassword hasSecondFactor locationIds invitationPath
      roles { roleId name scopes requiresSecondFactor isBuiltIn }
    }
    errors { ... on UserError { code field } }
  }
}
"""
USERS = "{ users { nodes { id name invitationPath roles { name } } totalCount } }"
BETO = {"email": "beto@example.com", "name": "Beto", "roleIds": ["analyst"]}


@pytest.fixture
def asking(http: Any, bearer: Any) -> Any:
    """`await asking(document, variables, scopes=…)` is the answer of the graph."""

    async def ask(document: str, variables: Any = None, scopes: Any = KNOWN_SCOPES) -> Any:
        headers = await bearer(scopes=sorted(scopes))
        body = {"query": document, "variables": variables or {}}
        return (await http.post("/graphql", json=body, headers=headers)).json()

    return ask


async def test_an_invited_user_can_be_read_and_the_link_only_once(asking: Any, http: Any) -> None:
    answer = await asking(INVITE, {"input": BETO})
    user = answer["data"]["userInvite"]["user"]
    assert answer["data"]["userInvite"]["errors"] == []
    path = user.pop("invitationPath")
    assert (await http.get(path)).status_code == 200
    id_ = user.pop("id")
    assert user == {
        "name": "Beto",
        "email": "beto@example.com",
        "isActive": True,
        "hasPassword": False,
        "hasSecondFactor": False,
        "locationIds": None,
        "roles": [
            {
                "roleId": "analyst",
                "name": "Analista",
                "scopes": sorted(BUILT_IN["analyst"].scopes),
                "requiresSecondFactor": False,
                "isBuiltIn": True,
            }
        ],
    }
    listed = (await asking(USERS))["data"]["users"]
    assert listed == {
        "nodes": [
            {"id": id_, "name": "Beto", "invitationPath": None, "roles": [{"name": "Analista"}]}
        ],
        "totalCount": 1,
    }


async def test_nobody_invites_into_rights_that_their_token_lacks(asking: Any) -> None:
    asked = {"input": {**BETO, "roleIds": ["owner"]}}
    answer = await asking(INVITE, asked, {"users:write", "users:read", "users:pii"})
    assert answer["data"]["userInvite"] == {
        "user": None,
        "errors": [{"code": "RIGHTS_EXCEEDED", "field": ["roleIds"]}],
    }
    assert (await asking("{ users { totalCount } }"))["data"]["users"]["totalCount"] == 0


async def test_no_locations_is_not_the_whole_organization(asking: Any) -> None:
    answer = await asking(INVITE, {"input": {**BETO, "locationIds": []}})
    assert answer["data"]["userInvite"]["errors"] == [
        {"code": "LOCATION_COUNT_OUT_OF_RANGE", "field": ["locationIds"]}
    ]


async def test_addresses_need_a_scope_of_their_own(asking: Any) -> None:
    refused = await asking("{ users { nodes { email } } }", scopes={"users:read"})
    assert "data" not in refused
    answer = await asking("{ users { nodes { id } } }", scopes={"users:read"})
    assert answer["data"] == {"users": {"nodes": []}}


async def test_roles_are_listed_made_changed_and_deleted(asking: Any) -> None:
    make = 'mutation { roleCreate(input: {name: "Cajera", scopes: ["billing:read"]}) { customRole { id scopes } errors { ... on UserError { code } } } }'  # noqa: E501
    made = (await asking(make))["data"]["roleCreate"]
    assert (made["customRole"]["scopes"], made["errors"]) == (["billing:read"], [])
    id_ = made["customRole"]["id"]
    change = "mutation ($i: RoleUpdateInput!) { roleUpdate(input: $i) { customRole { name scopes } errors { ... on UserError { code } } } }"  # noqa: E501
    changed = await asking(change, {"i": {"roleId": id_, "scopes": ["billing:write"]}})
    assert changed["data"]["roleUpdate"]["customRole"] == {
        "name": "Cajera",
        "scopes": ["billing:write"],
    }
    roles = (await asking("{ userRoles { roleId name isBuiltIn } }"))["data"]["userRoles"]
    assert [role["roleId"] for role in roles] == [*BUILT_IN, id_]
    assert roles[0] == {"roleId": "owner", "name": "Dueño", "isBuiltIn": True}
    drop = "mutation ($i: RoleDeleteInput!) { roleDelete(input: $i) { errors { ... on UserError { code } } } }"
    assert (await asking(drop, {"i": {"roleId": id_}}))["data"]["roleDelete"] == {"errors": []}


async def test_a_disabled_user_is_seen_as_such(asking: Any) -> None:
    user = (await asking(INVITE, {"input": BETO}))["data"]["userInvite"]["user"]["id"]
    for name in ("userDisable", "userEnable", "sessionsRevoke", "userRemoveSecondFactor"):
        title = name[0].upper() + name[1:]
        document = (
            f"mutation ($i: {title}Input!) {{ {name}(input: $i) "
            "{ user { isActive } errors { ... on UserError { code } } } }"
        )
        done = (await asking(document, {"i": {"userId": user}}))["data"][name]
        assert done == {"user": {"isActive": name != "userDisable"}, "errors": []}


async def test_an_erased_user_is_nobody_any_more(asking: Any) -> None:
    user = (await asking(INVITE, {"input": BETO}))["data"]["userInvite"]["user"]["id"]
    document = """mutation ($i: UserEraseInput!) { userErase(input: $i) {
      user { id name email isActive hasPassword erasedAt roles { roleId } }
      errors { ... on UserError { code field } } } }"""
    short = await asking(document, {"i": {"userId": user}}, KNOWN_SCOPES - {"users:pii"})
    assert short["errors"][0]["extensions"]["requiredScopes"] == ["users:pii"]
    kept = await asking("query ($i: ID!) { user(id: $i) { name erasedAt } }", {"i": user})
    assert kept["data"] == {"user": {"name": "Beto", "erasedAt": None}}

    done = (await asking(document, {"i": {"userId": user}}))["data"]["userErase"]
    assert done["errors"] == []
    assert done["user"].pop("erasedAt") is not None
    assert done["user"].pop("name") != "Beto"
    nobody = {"id": user, "email": None, "isActive": False, "hasPassword": False, "roles": []}
    assert done["user"] == nobody
    back = "mutation ($i: UserEnableInput!) { userEnable(input: $i) { errors { ... on UserError { code } } } }"
    again = (await asking(back, {"i": {"userId": user}}))["data"]["userEnable"]["errors"]
    assert again == [{"code": "USER_ERASED"}]


async def test_who_manages_some_shops_changes_no_role_that_is_held_elsewhere(
    asking: Any, http: Any, bearer: Any
) -> None:
    change = "mutation {{ {}(input: {{{}}}) {{ customRole {{ id }} }} }}".format
    make = change("roleCreate", 'name: "Caja", scopes: ["billing:read"]')
    role = (await asking(make))["data"]["roleCreate"]["customRole"]["id"]
    limited = await bearer(scopes=sorted(KNOWN_SCOPES), locations=[ids.new("loc")])
    for document in (
        change("roleCreate", 'name: "Otra", scopes: ["billing:read"]'),
        change("roleUpdate", f'roleId: "{role}", scopes: ["customers:pii"]'),
        change("roleUpdate", f'roleId: "{role}", requiresSecondFactor: false'),
        change("roleDelete", f'roleId: "{role}"'),
    ):
        answer = (await http.post("/graphql", json={"query": document}, headers=limited)).json()
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert answer["errors"][0]["extensions"]["requiredPolicies"] == ["ORGANIZATION_WIDE"]
    listed = (await asking("{ userRoles { name scopes isBuiltIn } }"))["data"]["userRoles"]
    own = [each for each in listed if not each["isBuiltIn"]]
    assert own == [{"name": "Caja", "scopes": ["billing:read"], "isBuiltIn": False}]
