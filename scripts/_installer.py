"""Makes a venv and fills it from a lock: with uv where it has a wheel, else with pip."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import _pip_settings

LOCKS = Path("scripts", "locks")

# After an upgrade of the Python behind it a venv still starts, but looks for packages elsewhere:
# then it has no pip either.
HAS_PACKAGES = "import sys, pip; sys.exit(sys.version_info < (3, 11))"


@dataclass(frozen=True)
class Checkout:
    """Where things stand in one copy of the repository."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def programs(self) -> Path:
        return self.venv / "bin"

    @property
    def python(self) -> Path:
        return self.programs / "python"

    @property
    def stamp(self) -> Path:
        """Tells what the venv was last set up for."""
        return self.venv / ".set-up"

    def lock(self, name: str) -> Path:
        """Relative to the root, as it is shown to people."""
        return LOCKS / f"{name}.txt"


HERE = Checkout(Path(__file__).resolve().parent.parent)


class StepFailed(Exception):
    """A program ended badly; the message is the end of what it said."""


def is_usable(checkout: Checkout) -> bool:
    """Whether the venv starts, stands where it was made, and kept its packages and its pip."""
    try:
        # Programs name the interpreter by its full path, which a move does not change.
        if str(checkout.programs) not in (checkout.programs / "pip").read_text():
            return False
        # Isolated, because PYTHONPATH could lend it the pip that it lacks.
        command = [str(checkout.python), "-I", "-c", HAS_PACKAGES]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def make_venv(checkout: Checkout) -> None:
    # Not sys.executable: that may be the very venv that was just removed.
    base = getattr(sys, "_base_executable", sys.executable)
    version = ".".join(str(part) for part in sys.version_info[:3])
    command = [base, "-m", "venv", str(checkout.venv)]
    try:
        _step(f"Making .venv with Python {version}", command, checkout)
    except StepFailed as failed:
        raise StepFailed(
            f"{failed}\n\n{base} cannot make a venv with pip in it: install its venv package"
            " (on Debian and Ubuntu: apt install python3-venv)."
        ) from None


def install_uv(checkout: Checkout) -> bool:
    """Put uv into the venv. False where it has no wheel, as building it would need Rust."""
    only_hashed = ["--require-hashes", "-r", str(checkout.lock("install"))]
    command = [*_pip_install(checkout), "--only-binary", ":all:", *only_hashed]
    try:
        _step("Installing uv", command, checkout)
    except StepFailed:
        say("uv did not install; pip does the same, more slowly.")
        return False
    return True


def install(level: str, checkout: Checkout) -> None:
    """Make the venv hold what the lock of that name says, and the project in place."""
    lock = str(checkout.lock(level))
    packages = sum("==" in line for line in (checkout.root / lock).read_text().splitlines())
    what = f"Installing {packages} packages from {lock}"
    # The project is built by what the lock holds, never by something fetched for the build.
    project = ["--no-deps", "--no-build-isolation", "--editable", str(checkout.root)]

    if install_uv(checkout):
        settings = _pip_settings.read_settings(checkout.python)
        environment = uv_environment(settings)
        uv = [str(checkout.programs / "uv"), "pip"]
        flags = ["--python", str(checkout.python), *_pip_settings.uv_flags(settings)]
        # Compiled now, as pip does, so that no start has to: where Python may not write, each would.
        sync = [*uv, "sync", *flags, "--compile-bytecode", "--require-hashes", lock]
        add_project = [*uv, "install", *flags, *project]
        try:
            # Sync removes what the lock does not name, the project too: so the project comes after.
            _step(what, sync, checkout, environment)
            _step("Installing barberpro", add_project, checkout, environment)
        except StepFailed as failed:
            say(f"{failed}\nuv could not; pip tries, as it is configured.")
        else:
            _compile(checkout)
            return

    pip = _pip_install(checkout)
    _step(what, [*pip, "--require-hashes", "-r", lock], checkout)
    _step("Installing barberpro", [*pip, *project], checkout)
    _compile(checkout)


def _compile(checkout: Checkout) -> None:
    """Compile the project's own modules; what is edited later is compiled anew when it is imported."""
    _step(
        "Compiling barberpro",
        [str(checkout.python), "-m", "compileall", "-q", "src", "resolvers"],
        checkout,
    )


def uv_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment to run uv in: the user's, with what pip is configured to do."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment.update(_pip_settings.uv_environment(settings, environment))
    if not {"UV_CACHE_DIR", "UV_NO_CACHE"} & environment.keys() and not _can_cache(environment):
        environment["UV_NO_CACHE"] = "1"
    return environment


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _pip_install(checkout: Checkout) -> list[str]:
    return [str(checkout.python), "-m", "pip", "install", "--disable-pip-version-check"]


def _can_cache(environment: Mapping[str, str]) -> bool:
    """Whether uv's cache can be made: a service account often has no home, and uv would stop."""
    caches = environment.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    place = Path(caches, "uv")
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    return os.access(place, os.W_OK | os.X_OK)


def _step(
    what: str,
    command: Sequence[str],
    checkout: Checkout,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run one program and say what it does, that it still runs, and how long it took."""
    started = time.monotonic()
    print(f"{what} ..", end="", file=sys.stderr, flush=True)
    with subprocess.Popen(
        command,
        env=environment,
        cwd=checkout.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        while True:
            try:
                said, _ = process.communicate(timeout=3)
                break
            except subprocess.TimeoutExpired:
                print(".", end="", file=sys.stderr, flush=True)
            except BaseException:
                process.kill()
                raise
    if process.returncode:
        say(" failed")
        raise StepFailed("\n".join(said.splitlines()[-30:]))
    say(f" {time.monotonic() - started:.1f} s")
