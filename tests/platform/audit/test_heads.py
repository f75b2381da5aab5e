import base64
import fcntl
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import SecretStr

from barberpro.platform.audit import heads as heads_module
from barberpro.platform.audit.checkpoints import LONGEST_NOTE, BadHead, Head, Signer, Verifier
from barberpro.platform.audit.heads import STRAYING, HeadFile, files, in_order
from barberpro.platform.crypto import Sealer
from barberpro.platform.errors import Misconfigured
from barberpro.platform.settings import Settings
from tests.conftest import MONDAY

ROOT = hashlib.sha256(b"root").digest()


def test_a_head_is_a_checkpoint_that_other_tools_can_read(signer: Signer) -> None:
    """The form of C2SP tlog-checkpoint and signed-note, taken apart here by hand."""
    text, _, line = signer.sign(20852163, ROOT).note.rpartition("\n\n")
    assert text.split("\n") == ["127.0.0.1:8000/audit", "20852163", base64.b64encode(ROOT).decode()]
    dash, name, signature = line.removesuffix("\n").split(" ")
    assert (dash, name) == ("—", "127.0.0.1:8000/audit")
    raw = base64.b64decode(signature)
    name, kid, key = str(signer.verifier).split("+", 2)
    public = base64.b64decode(key)
    assert public[:1] == b"\x01"
    assert raw[:4].hex() == kid == hashlib.sha256(name.encode() + b"\n" + public).hexdigest()[:8]
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], (text + "\n").encode())


def test_a_key_and_a_head_come_back_as_they_were(signer: Signer) -> None:
    head = signer.sign(7, ROOT)
    assert Verifier.parsed(str(signer.verifier)) == signer.verifier
    assert signer.verifier.opened(head.note) == head


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n7\n", "\n8\n"),
        ("127.0.0.1", "127.0.0.2"),
        ("\n\n", "\nmore\n\n"),
        ("— ", "— x"),
        ("— ", "- "),
        ("— ", "—  "),
        ("\n7\n", "\n-7\n"),
        ("\n7\n", "\n07\n"),
        ("\n7\n", "\n\N{ARABIC-INDIC DIGIT SEVEN}\n"),
        ("\n7\n", "\n7\r\n"),
        ("\n7\n", "\n7\n\n"),
        ("\n7\n", "\n"),
        ("=\n\n", "==\n\n"),
        ("\n\n", "\n"),
    ],
)
def test_a_head_that_was_changed_is_refused(signer: Signer, old: str, new: str) -> None:
    note = signer.sign(7, ROOT).note
    assert old in note
    with pytest.raises(BadHead):
        signer.verifier.opened(note.replace(old, new, 1))


def test_another_keys_signature_is_refused(signer: Signer) -> None:
    other = Signer(Sealer(bytes(32)), Settings())
    with pytest.raises(BadHead, match="has not signed this head"):
        signer.verifier.opened(other.sign(7, ROOT).note)


def test_a_head_without_its_last_line_end_is_refused(signer: Signer) -> None:
    note = signer.sign(7, ROOT).note
    for cut in (note.removesuffix("\n"), note + "\n", note + "more", note.partition("—")[0]):
        with pytest.raises(BadHead):
            signer.verifier.opened(cut)


def signed(signer: Signer, text: str) -> str:
    """A note of any text, with our signature."""
    name, kid = signer.verifier.name, signer.verifier.kid
    signature = base64.b64encode(kid + signer._key.sign(text.encode())).decode()
    return f"{text}\n\N{EM DASH} {name} {signature}\n"


def test_signatures_of_others_are_passed_over(signer: Signer) -> None:
    """Witnesses put theirs beside ours: sixteen must be taken, and more are."""
    note, other = signer.sign(7, ROOT).note, Signer(Sealer(bytes(32)), Settings())
    text, _, ours = note.rpartition("\n\n")
    theirs = other.sign(7, ROOT).note.rpartition("\n\n")[2]
    witness = f"\N{EM DASH} witness.example {base64.b64encode(bytes(76)).decode()}\n"
    for lines in (witness * 40 + theirs + ours, ours + theirs + witness * 40):
        assert signer.verifier.opened(f"{text}\n\n{lines}").size == 7


def test_more_lines_are_signed_but_mean_nothing(signer: Signer) -> None:
    name, root = signer.verifier.name, base64.b64encode(ROOT).decode()
    note = signed(signer, f"{name}\n7\n{root}\nmore of it\n")
    assert signer.verifier.opened(note) == Head(7, ROOT, note)
    with pytest.raises(BadHead, match="does not fit"):
        signer.verifier.opened(note.replace("more", "less"))


@pytest.mark.parametrize(
    "text",
    [
        "other.example/audit\n7\n{root}\n",
        "{name}\n7\n{short}\n",
        "{name}\n07\n{root}\n",
        "{name}\n7\n{root}\n\nmore\n",
        "{name}\n7\n{root}\n\tmore\n",
    ],
)
def test_what_is_no_checkpoint_is_refused_though_we_signed_it(signer: Signer, text: str) -> None:
    short = base64.b64encode(ROOT[:31]).decode()
    root = base64.b64encode(ROOT).decode()
    with pytest.raises(BadHead, match=r"a head has|not a head of"):
        signer.verifier.opened(
            signed(signer, text.format(name=signer.verifier.name, root=root, short=short))
        )


def test_a_key_of_the_ecosystem_is_read() -> None:
    """That of Go's checksum database, as every Go programmer has it: other tools name keys by the same four bytes."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert Verifier.parsed(text).kid.hex() == "033de0ae"
    for wrong in (
        text.replace("033de0ae", "033de0af"),
        text[:-4],
        text.replace("Ac4z", "Ad4z"),
        "",
    ):
        with pytest.raises(BadHead):
            Verifier.parsed(wrong)


def test_a_name_with_a_blank_or_a_plus_is_refused() -> None:
    with pytest.raises(Misconfigured, match="no fit name"):
        Signer(Sealer(bytes(32)), Settings(public_url="https://a+b.example"))


def test_heads_only_come_to_the_file(signer: Signer, head_file: HeadFile) -> None:
    assert [*head_file.heads()] == []
    heads = [signer.sign(n, ROOT) for n in (1, 2)]
    for head in heads:
        head_file.add(head, signer.verifier, MONDAY)
    assert [*head_file.heads()] == heads
    assert head_file.verifiers() == [signer.verifier]
    assert (head_file.folder / "heads.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_line_cut_off_by_a_crash_does_no_harm(signer: Signer, head_file: HeadFile) -> None:
    heads = [signer.sign(n, ROOT) for n in (1, 2)]
    head_file.add(heads[0], signer.verifier, MONDAY)
    with (head_file.folder / "heads.jsonl").open("a") as file:
        file.write('{"at":"2026')
    assert [*head_file.heads()] == heads[:1]
    head_file.add(heads[1], signer.verifier, MONDAY)
    assert [*head_file.heads()] == heads


def test_half_a_line_of_another_process_is_waited_for(signer: Signer, head_file: HeadFile) -> None:
    """It is not taken for one that a crash cut off, as long as who writes it holds the file."""
    heads = [signer.sign(n, ROOT) for n in (1, 2, 3)]
    for head in heads[:2]:
        head_file.add(head, signer.verifier, MONDAY)
    path = head_file.folder / "heads.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with path.open("ab", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        adding = threading.Thread(target=head_file.add, args=(heads[2], signer.verifier, MONDAY))
        adding.start()
        adding.join(0.3)
        assert path.stat().st_size == len(whole) - 40
        os.write(other.fileno(), whole[-40:])
    adding.join(10)
    assert [*head_file.heads()] == heads


def test_the_newest_head_is_read_from_the_end_alone(signer: Signer, head_file: HeadFile) -> None:
    assert head_file.newest() is None
    for n in range(1, 301):  # more than is read
        head_file.add(signer.sign(n, ROOT), signer.verifier, MONDAY)
    path = head_file.folder / "heads.jsonl"
    assert path.stat().st_size > LONGEST_NOTE
    path.write_bytes(b"x" * 100 + path.read_bytes()[100:])
    assert head_file.newest() == signer.sign(300, ROOT)
    with path.open("a") as file:
        file.write("nonsense\n")
    with pytest.raises(BadHead, match="the last line"):
        head_file.newest()


def test_after_a_new_master_key_the_old_heads_still_count(
    signer: Signer, head_file: HeadFile
) -> None:
    other = Signer(Sealer(bytes(32)), Settings())
    heads = [signer.sign(1, ROOT), other.sign(2, ROOT)]
    head_file.add(heads[0], signer.verifier, MONDAY)
    head_file.add(heads[1], other.verifier, MONDAY)
    assert [*head_file.heads()] == heads
    assert head_file.verifiers() == [signer.verifier, other.verifier]


@pytest.mark.parametrize("line", ["nonsense", "{}", "[]", '{"note": 5}', '{"note": "x"}'])
def test_a_line_that_is_no_head_is_named(signer: Signer, head_file: HeadFile, line: str) -> None:
    head_file.add(signer.sign(1, ROOT), signer.verifier, MONDAY)
    with (head_file.folder / "heads.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(BadHead, match="line 2"):
        list(head_file.heads())


def test_heads_that_come_while_others_are_read_are_left_out(
    signer: Signer, head_file: HeadFile
) -> None:
    """A verification holds the log of then against the heads of then: later ones have leaves that it does not see."""
    heads = [signer.sign(n, ROOT) for n in (1, 2, 3)]
    for head in heads[:2]:
        head_file.add(head, signer.verifier, MONDAY)
    read, ordered = head_file.heads(), in_order([head_file])
    assert (next(read), next(ordered)) == (heads[0], heads[0])
    head_file.add(heads[2], signer.verifier, MONDAY)
    assert ([*read], [*ordered]) == ([heads[1]], [heads[1]])


def test_heads_of_workers_who_signed_at_once_and_of_copies_come_in_order(
    signer: Signer, tmp_path: Path
) -> None:
    own, copy = HeadFile(tmp_path / "own"), HeadFile(tmp_path / "copy")
    for n in (1, 3, 2, 4):
        own.add(signer.sign(n, ROOT), signer.verifier, MONDAY)
    for n in (2, 4, 5):
        copy.add(signer.sign(n, ROOT), signer.verifier, MONDAY)
    assert [head.size for head in in_order([own, copy])] == [1, 2, 2, 3, 4, 4, 5]


def test_a_head_far_from_its_place_is_named(signer: Signer, head_file: HeadFile) -> None:
    """Heads are read one by one, never all at once, so none may stand anywhere."""
    for n in (*range(2, STRAYING + 4), 1):
        head_file.add(signer.sign(n, ROOT), signer.verifier, MONDAY)
    with pytest.raises(BadHead, match=f"line {STRAYING + 3}: the head of 1 leaves stands out of"):
        list(in_order([head_file]))


def test_of_many_heads_few_are_in_memory(
    signer: Signer, head_file: HeadFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 3 * STRAYING):
        head_file.add(signer.sign(n, ROOT), signer.verifier, MONDAY)
    read: list[str] = []
    opened = heads_module._opened

    def counted(line: str, verifiers: Any, place: str) -> Head:
        read.append(place)
        return opened(line, verifiers, place)

    monkeypatch.setattr(heads_module, "_opened", counted)
    ordered = in_order([head_file])
    assert next(ordered).size == 1
    assert len(read) == STRAYING + 1


def test_heads_are_kept_in_a_second_place_where_one_is_set() -> None:
    settings = Settings(audit_copy_dir=Path("elsewhere"), master_key=SecretStr(""))
    assert [file.folder.name for file in files(settings)] == ["audit", "elsewhere"]
