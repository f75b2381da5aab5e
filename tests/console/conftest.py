"""A headless Chromium that tests talk to in its own protocol, over two pipes, without a driver."""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 30.0
# Chromium reads commands from descriptor 3 and answers on 4.
PLACE_PIPES = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Chromium:
    """One browser process; a page a test."""

    def __init__(self, executable: str, folder: Path) -> None:
        command_out, self._commands = os.pipe()
        self._answers, answer_in = os.pipe()
        arguments = [
            executable,
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={folder / 'profile'}",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-sync",
            "--no-first-run",
            # A name looked up is a failure, so a request to another host cannot even leave.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        shim = [sys.executable, "-c", PLACE_PIPES, str(command_out), str(answer_in)]
        self._log = (folder / "chromium.log").open("wb")
        self._process = subprocess.Popen(
            [*shim, *arguments],
            pass_fds=(command_out, answer_in),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        os.close(command_out)
        os.close(answer_in)
        self._received = b""
        self._ids = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """One command and its answer; events that come in meanwhile are kept."""
        number = next(self._ids)
        command = {"id": number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self._next_message(deadline)
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']}")
                return message["result"]
            if "method" in message:
                self._note(message)
        raise AssertionError(f"Chromium did not answer {method}")

    def _next_message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._answers], [], [], deadline - time.monotonic())
            received = os.read(self._answers, 1 << 20) if ready else b""
            if not received:
                raise AssertionError(f"Chromium is gone or silent, see {self._log.name}")
            self._received += received
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def _note(self, message: dict[str, Any]) -> None:
        self.events.append(message)
        if message["method"] == "Target.attachedToTarget":
            self._watch(message["params"]["sessionId"])

    def _watch(self, session: str) -> None:
        """Follow a page or a worker, and whatever it starts, from its first instruction on."""
        self._send("Network.enable", session)
        self._send("Audits.enable", session)
        self._send(
            "Target.setAutoAttach",
            session,
            autoAttach=True,
            waitForDebuggerOnStart=True,
            flatten=True,
        )
        self._send("Runtime.runIfWaitingForDebugger", session)

    def _send(self, method: str, session: str, **params: Any) -> None:
        """A command whose answer nobody waits for: a worker may be gone before it could."""
        command = {"id": next(self._ids), "method": method, "params": params}
        os.write(self._commands, json.dumps({**command, "sessionId": session}).encode() + b"\0")

    def open_page(self) -> "Page":
        self.events.clear()
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        return Page(self, context, attached["sessionId"])

    def close(self) -> None:
        with contextlib.suppress(AssertionError, OSError):
            self.call("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)
        self._log.close()


class Page:
    """One page in a context of its own: storage and cookies begin empty."""

    def __init__(self, chromium: Chromium, context: str, session: str) -> None:
        self._chromium = chromium
        self._context = context
        self._session = session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._chromium.call(method, self._session, **params)

    def go(self, url: str, scheme: str = "light") -> None:
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[preference])
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """What the expression gives once it is neither empty nor false."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            value = self.evaluate(
                f"Promise.resolve({expression}).then(v => v instanceof Node || v)"
            )
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"Never so: {expression}\n{self.evaluate('document.body.innerText')}")

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, *, control: bool = False, shift: bool = False) -> None:
        modifiers = 2 * control + 8 * shift
        virtual = {"Enter": 13, "Tab": 9}.get(key) or ord(key.upper())
        code = f"Key{key.upper()}" if len(key) == 1 else key
        described = {
            "key": key,
            "code": code,
            "modifiers": modifiers,
            "windowsVirtualKeyCode": virtual,
        }
        text = {"text": "\r"} if key == "Enter" and not modifiers else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **described, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **described)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def requested(self) -> set[str]:
        """Every address that the page and its workers asked for."""
        return {
            event["params"]["request"]["url"]
            for event in self._happened("Network.requestWillBeSent")
        }

    def violations(self) -> list[dict[str, Any]]:
        """What the content security policy blocked, in the page and in its workers."""
        issues = [event["params"]["issue"] for event in self._happened("Audits.issueAdded")]
        return [issue for issue in issues if issue["code"] == "ContentSecurityPolicyIssue"]

    def _happened(self, method: str) -> list[dict[str, Any]]:
        self.evaluate("null")  # takes in what has been waiting in the pipe
        return [event for event in self._chromium.events if event["method"] == method]

    def close(self) -> None:
        self._chromium.call("Target.disposeBrowserContext", browserContextId=self._context)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    executable = os.environ.get("BARBERPRO_CHROMIUM") or shutil.which("chromium")
    if not executable:
        pytest.fail("no Chromium: install it, or name one in BARBERPRO_CHROMIUM")
    opened = Chromium(executable, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    opened = chromium.open_page()
    yield opened
    opened.close()
