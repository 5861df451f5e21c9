"""Game days for payments pipelines: play them, judge them, look after the stack that they run on.

Exit codes: 0 held, 1 broken, 2 inconclusive, 3 trouble or stopped, 4 usage, 5 residue left, 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
import traceback
from types import FrameType
from typing import Any

from typer.exceptions import Abort, TyperException

from fixtures.provision.troubles import NotProvisioned, SetupFailed
from fixtures.settings import BadSetting
from gameday import commands
from gameday.commands.shell import INTERRUPTED, TROUBLE, USAGE, Usage, app
from gameday.kernel.recording import BadRecording
from gameday.kernel.words import HarnessError

app.info.help = __doc__
for _file in pkgutil.iter_modules(commands.__path__):
    importlib.import_module(f"{commands.__name__}.{_file.name}")


def _wrong_call(error: TyperException) -> str:
    """The message of the parser, and what it would have understood."""
    context: Any = getattr(error, "ctx", None)
    text = error.format_message().strip().rstrip(".")
    refused: Any = getattr(error.__cause__, "errors", list)()
    text += "".join(f", seen: {one['input']!r}" for one in refused)
    if context is None:
        return text
    if hasattr(context.command, "list_commands"):
        return f"{text}; known: {', '.join(context.command.list_commands(context))}"
    options = [name for one in context.command.params for name in one.opts if name.startswith("-")]
    return f"{text}; `{context.command_path}` knows {', '.join([*options, '--help'])}"


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(arguments: list[str]) -> int:
    """The exit code of one call; whatever goes wrong has one, and is never taken for a verdict."""
    try:
        code = int(app(arguments, standalone_mode=False) or 0)
        return _interrupted() if code == INTERRUPTED else code
    except TyperException as error:
        return _told(_wrong_call(error), USAGE)
    except (Usage, BadSetting) as error:
        return _told(str(error), USAGE)
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except (HarnessError, BadRecording, NotProvisioned, SetupFailed, OSError) as error:
        return _told(str(error), TROUBLE)
    except (KeyboardInterrupt, Abort):
        return _interrupted()
    except Exception:
        traceback.print_exc()
        return _told("this is a bug of the harness, and says nothing about the pipeline", TROUBLE)


def _interrupted() -> int:
    return _told("interrupted; what was started is ended, or `gameday heal` ends it", INTERRUPTED)


def _told(text: str, code: int) -> int:
    print(f"gameday: {text}", file=sys.stderr)
    return code


def main() -> None:
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(_run(sys.argv[1:] or ["--help"]))
