"""`barberpro arca`, as a person types it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from typer.testing import CliRunner

from barberpro.cli.arca import _running_from, app
from barberpro.demo.arca.authority import Authority

run = CliRunner()


def test_a_certificate_is_of_the_kept_authority_and_only_its_owner_reads_the_key(tmp_path: Path):
    told = ["--data-dir", str(tmp_path / "data"), "--out", str(tmp_path)]
    assert run.invoke(app, ["certificate", "20267565393", *told]).exit_code == 0
    made = x509.load_pem_x509_certificate((tmp_path / "20267565393.crt").read_bytes())
    kept = Authority.kept(tmp_path / "data", datetime.now(UTC))
    made.verify_directly_issued_by(kept.certificate)
    assert (tmp_path / "20267565393.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "arca-simulator-ca.pem").stat().st_mode & 0o077 == 0


def test_a_wrong_cuit_makes_nothing(tmp_path: Path):
    for wrong in ("20267565394", "2026756539", "abc"):
        told = ["certificate", wrong, "--data-dir", str(tmp_path), "--out", str(tmp_path)]
        assert run.invoke(app, told).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_clock_goes_on_from_where_it_is_set(tmp_path: Path):
    now = _running_from("2026-12-01T09:00-03:00")()
    assert timedelta(0) <= now - datetime(2026, 12, 1, 12, tzinfo=UTC) < timedelta(minutes=1)
    told = ["simulate", "--clock", "tomorrow", "--data-dir", str(tmp_path)]
    assert run.invoke(app, told).exit_code == 2
    assert list(tmp_path.iterdir()) == []
