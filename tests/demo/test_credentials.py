"""What is kept of the demo clients, and what is said where nothing is."""

import stat
from pathlib import Path

import pytest

from barberpro.demo import credentials
from barberpro.demo.credentials import Credential, NotADemo

ONE = Credential("frontend", "cli_1", "s3cret", ["bookings:read"], "org_1")
TWO = Credential("rival", "cli_2", "other", ["bookings:read"], "org_2")


def test_what_is_kept_is_added_to_and_replaced_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    credentials.keep(folder, [ONE])
    credentials.keep(folder, [TWO])
    assert credentials.kept(folder) == [ONE, TWO]
    newer = Credential("frontend", "cli_3", "newer", ["bookings:read"], "org_1")
    credentials.keep(folder, [newer])
    assert credentials.kept(folder) == [TWO, newer]


def test_an_older_file_that_others_could_read_is_replaced_by_one_they_cannot(
    tmp_path: Path,
) -> None:
    file = tmp_path / credentials.FILE
    file.write_text("[]")
    file.chmod(0o644)
    credentials.keep(tmp_path, [ONE])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_directory_without_the_file_is_no_demo(tmp_path: Path) -> None:
    with pytest.raises(NotADemo, match="is not a demo installation"):
        credentials.kept(tmp_path)
    with pytest.raises(NotADemo, match="is not a demo installation"):
        credentials.kept(tmp_path / "missing")


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"name": "frontend"}', '[{"name": "x"}]'])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / credentials.FILE).write_text(content)
    with pytest.raises(NotADemo, match="is damaged"):
        credentials.kept(tmp_path)
