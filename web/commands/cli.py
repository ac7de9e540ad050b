"""The command ``cartwatch``: every mistake is one sentence and a status, never a traceback."""

import argparse
import ipaddress
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from web.settings import MIB, Settings

DATA_VARIABLE: Final = "CARTWATCH_DATA"
_COMMANDS: Final = ("serve", "replay", "generate", "rebuild")
_DEFAULT_SERVER: Final = "http://127.0.0.1:8000"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0] not in _COMMANDS and words[0] not in ("-h", "--help", "--version")):
        words.insert(0, "serve")
    options = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who read our output has gone: nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _serve(options: argparse.Namespace) -> int:
    from web.commands.opening import StartError
    from web.commands.serve import run

    settings = Settings(
        data=options.data,
        host=options.host,
        port=options.port,
        snapshot_interval=options.snapshot_interval,
        max_upload=options.max_upload,
    )
    try:
        run(settings)
    except StartError as error:
        print(f"cartwatch: {error}", file=sys.stderr)
        return 1
    return 0


def _replay(options: argparse.Namespace) -> int:
    from web.commands.replay import replay

    return replay(options.file, rate=options.rate, server=options.server)


def _generate(options: argparse.Namespace) -> int:
    from dataflow.synthetic import generate

    for line in generate(options.events, options.users, options.bad, options.seed):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return 0


def _rebuild(options: argparse.Namespace) -> int:
    from web.commands.opening import StartError
    from web.commands.rebuild import rebuild

    try:
        return rebuild(options.data)
    except StartError as error:
        print(f"cartwatch: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cartwatch",
        description="A live dashboard that joins orders and payments into one cart per user.",
        epilog="Without a command, it serves.",
    )
    commands = parser.add_subparsers(required=True, metavar="{serve,replay,generate,rebuild}")

    serve = commands.add_parser("serve", help="start the server and its flow (the default)")
    serve.set_defaults(run=_serve)
    serve.add_argument(
        "--host", type=_loopback, default="127.0.0.1", help="address to listen on (%(default)s)"
    )
    serve.add_argument(
        "--port", type=_port, default=8000, help="port to listen on; 0: any free one (%(default)s)"
    )
    serve.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get(DATA_VARIABLE) or "cartwatch-data"),
        help=f"folder for everything that is kept (./cartwatch-data, or {DATA_VARIABLE})",
    )
    serve.add_argument(
        "--snapshot-interval",
        type=_interval,
        default=1.0,
        metavar="SECONDS",
        help="seconds between snapshots of the flow, 0.05 to 60 (%(default)s)",
    )
    serve.add_argument(
        "--max-upload",
        type=_positive,
        default=2048 * MIB,
        metavar="BYTES",
        help="largest file that is taken in (%(default)s)",
    )

    replay = commands.add_parser("replay", help="upload a file to a running server and watch it")
    replay.set_defaults(run=_replay)
    replay.add_argument("file", metavar="FILE", help="JSON Lines; -: standard input")
    replay.add_argument("--rate", type=_rate, help="records a second (as fast as possible)")
    replay.add_argument("--server", default=_DEFAULT_SERVER, metavar="URL", help="(%(default)s)")

    generate = commands.add_parser("generate", help="write synthetic records to standard output")
    generate.set_defaults(run=_generate)
    generate.add_argument("--events", type=_positive, required=True, metavar="N", help="lines")
    generate.add_argument("--users", type=_positive, required=True, metavar="U", help="users")
    generate.add_argument(
        "--bad", type=_share, default=0.0, metavar="SHARE", help="share of bad lines, 0 to 1 (0)"
    )
    generate.add_argument(
        "--seed", type=int, default=0, metavar="S", help="the same seed gives the same lines (0)"
    )

    rebuild = commands.add_parser(
        "rebuild", help="make a damaged data folder's view and state anew from its journal"
    )
    rebuild.set_defaults(run=_rebuild)
    rebuild.add_argument("data", type=Path, metavar="DIR", help="the data folder")
    return parser


def _loopback(text: str) -> str:
    """Accept an address that only this machine reaches."""
    if text == "localhost":
        return "127.0.0.1"
    try:
        if ipaddress.ip_address(text) in (
            ipaddress.ip_address("127.0.0.1"),
            ipaddress.ip_address("::1"),
        ):
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(
        f"{text!r} is not 127.0.0.1, ::1 or localhost: other addresses would need a login, which"
        " Cartwatch does not have yet; use an SSH tunnel"
    )


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")


def _positive(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number over 0")


def _number(text: str, least: float, most: float, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return number


def _interval(text: str) -> float:
    return _number(text, 0.05, 60.0, "a number of seconds from 0.05 to 60")


def _share(text: str) -> float:
    return _number(text, 0.0, 1.0, "a share from 0 to 1")


def _rate(text: str) -> float:
    return _number(text, 1e-6, 1_000_000.0, "a number of records a second, at most 1,000,000")


if __name__ == "__main__":
    sys.exit(main())
