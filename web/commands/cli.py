"""The command ``cartwatch``: every mistake is one sentence and a status, never a traceback."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from typing_extensions import override

from dataflow.kafka_config import KafkaConfigError
from dataflow.logs import FORMATS, LEVELS, USUAL, Logs
from dataflow.workers import MAX_WORKERS, usual_workers
from web.commands import terminal
from web.commands.arguments import (
    EnvironmentOption,
    decimal,
    listening_place,
    path_name,
    root_path,
    whole,
)
from web.commands.early import INTERRUPTED, end_at_signals, raise_interrupts
from web.commands.kafka_options import broker_options, kafka_of, kafka_options, known_topics_of
from web.commands.network_options import (
    admission,
    client_options,
    listening_options,
    take_token,
)
from web.settings import MIB, Settings

DATA_VARIABLE: Final = "CARTWATCH_DATA"
_DEFAULT_SERVER: Final = "http://127.0.0.1:8000"
_OF_THE_GROUP: Final = ("-h", "--help", "--version")
_POSITIVE: Final = whole(1, 10**18 - 1, "a whole number over 0, of at most 18 digits")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit status."""
    if arguments is None:
        # What is imported and what passes through holds no cycles: the collector would walk it for
        # nothing, which is a fifth of a start.
        gc.set_threshold(1_000_000, 10, 10)
        terminal.attach()
    try:
        status = cartwatch.main(
            None if arguments is None else list(arguments),
            prog_name="cartwatch",
            standalone_mode=False,
        )
    except click.UsageError as error:
        command = "cartwatch" if error.ctx is None else error.ctx.command_path
        sentence = " ".join(error.format_message().split()).rstrip(".")
        terminal.say(f"{sentence} ({command} --help says what it takes)", f"{command}: error")
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return int(status or 0)


class _Command(click.Command):
    """A command that is named in whatever is wrong with its words."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class _Cartwatch(click.Group):
    """The commands, in the order of their making; without one of them, it serves."""

    command_class = _Command

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in _OF_THE_GROUP):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from web.version import version  # a tenth of a start, for who asks

    click.echo(f"cartwatch {version()}")
    ctx.exit()


@click.group(
    cls=_Cartwatch,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command, it serves: cartwatch --port 0 is cartwatch serve --port 0.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Say which version this is.",
)
def cartwatch() -> None:
    """A live dashboard that joins orders and payments into one cart per user."""


@cartwatch.command(short_help="Start the server and its flow (the default).")
@listening_options
@click.option(
    "--port",
    type=whole(0, 65535, "a port from 0 to 65535"),
    metavar="PORT",
    default=8000,
    show_default=True,
    help="Port to listen on; 0 takes any free one.",
)
@click.option(
    "--data",
    cls=EnvironmentOption,
    type=path_name,
    default="cartwatch-data",
    envvar=DATA_VARIABLE,
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="Folder for everything that is kept.",
)
@click.option(
    "--snapshot-interval",
    type=decimal(0.05, 60.0, "a number of seconds from 0.05 to 60"),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="Time between two snapshots of the flow, 0.05 to 60.",
)
@click.option(
    "--workers",
    type=whole(1, MAX_WORKERS, f"a number of workers from 1 to {MAX_WORKERS}"),
    default=usual_workers,
    show_default="2 where there are three cores, else 1",
    metavar="N",
    help=f"Processes that the flow is here, 1 to {MAX_WORKERS}; may change at every start. Further"
    " ones may be on other machines: cartwatch worker.",
)
@click.option(
    "--max-upload",
    type=_POSITIVE,
    default=2048 * MIB,
    show_default=True,
    metavar="BYTES",
    help="Largest file that is taken in.",
)
@click.option(
    "--overdue",
    type=decimal(0.001, 1e10, "a number of seconds over 0"),
    default=1800.0,
    show_default=True,
    metavar="SECONDS",
    help="Age from which an unpaid order, or a payment without one, asks for attention.",
)
@click.option(
    "--root-path",
    "root",
    type=root_path,
    metavar="PATH",
    default="/",
    show_default=True,
    help="Path that stands before every address, as /orders, where a proxy mounts it there.",
)
@kafka_options
@click.option(
    "--log-level",
    type=click.Choice(LEVELS),
    default=USUAL.level,
    show_default=True,
    help="From where on things are told on stderr.",
)
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default=USUAL.format,
    show_default=True,
    help="As lines of text or of JSON.",
)
def serve(
    host: str,
    port: int,
    data: str,
    snapshot_interval: float,
    workers: int,
    max_upload: int,
    overdue: float,
    root: str,
    kafka: str | None,
    kafka_config: str | None,
    names: tuple[str, ...],
    kafka_from: str | None,
    completed_topic: str | None,
    log_level: str,
    log_format: str,
    **who: Any,
) -> int:
    """Start the server and its flow, until Ctrl-C or SIGTERM ends both.

    It says where it is live as soon as a browser can use it. Where others can reach it, or a
    proxy is named, it asks who comes; without a token of yours, it makes one and says so in a link.
    """
    end_at_signals()
    admitted = admission(**who)
    try:
        topics, completed = kafka_of(kafka, kafka_config, names, kafka_from, completed_topic)
    except KafkaConfigError as error:
        terminal.say(str(error))
        return 1
    terminal.hold_nothing_up()
    from web.commands.opening import StartError
    from web.commands.serve import run

    settings = Settings(
        Path(data),
        host,
        port,
        snapshot_interval,
        workers,
        max_upload,
        overdue,
        Logs(log_level, log_format),
        root,
        admitted,
        completed,
        topics,
    )
    try:
        run(settings)
    except StartError as error:
        terminal.say(str(error))
        return 1
    return 0


@cartwatch.command(short_help="Upload a file to a running server and watch it.")
@click.argument("file", type=path_name)
@click.option(
    "--rate",
    type=decimal(1e-6, 1_000_000.0, "a number of records a second, over 0 and at most 1,000,000"),
    metavar="N",
    help="Records a second; as fast as possible where it is not given.",
)
@click.option(
    "--check",
    is_flag=True,
    help="A dry run: say what would be accepted and skipped, and take nothing in.",
)
@click.option(
    "--server",
    default=_DEFAULT_SERVER,
    show_default=True,
    metavar="URL",
    help="Address of the server, with its path where it is mounted at one.",
)
@client_options
def replay(
    file: str,
    rate: float | None,
    check: bool,
    server: str,
    token_file: str | None,
    ca: str | None,
) -> int:
    """Upload FILE, JSON Lines, to a running server and watch its records reach their carts.

    FILE may be -, standard input, which is read to its end first. Says what was accepted and
    skipped when the last record is in its cart; then the exit status is 0, and 3 where nothing
    was accepted. With --check it says what would be, at once and at any --rate.
    """
    from web.commands.server_key import ServerKey

    key = ServerKey(token_file, take_token(), ca)
    if check:
        from web.commands.check import check as check_file

        raise_interrupts()
        return check_file(file, server=server, key=key)
    from web.commands.replay import replay

    raise_interrupts()
    return replay(file, rate=rate, server=server, key=key)


@cartwatch.command(short_help="Write synthetic records to standard output.")
@click.option("--events", type=_POSITIVE, required=True, metavar="N", help="How many lines.")
@click.option("--users", type=_POSITIVE, required=True, metavar="U", help="Of how many users.")
@click.option(
    "--bad",
    type=decimal(0.0, 1.0, "a share from 0 to 1"),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Share of bad lines, 0 to 1.",
)
@click.option(
    "--seed",
    type=whole(1 - 10**18, 10**18 - 1, "a whole number of at most 18 digits"),
    default=0,
    show_default=True,
    metavar="S",
    help="The same seed gives the same lines.",
)
def generate(events: int, users: int, bad: float, seed: int) -> int:
    """Write synthetic records to standard output: orders and payments as in life."""
    from dataflow.synthetic import generate

    raise_interrupts()
    try:
        with open(1, "wb", 1 << 16, closefd=False) as output:
            output.writelines(generate(events, users, bad, seed))
    except BrokenPipeError:
        return 1  # who read it has gone: nothing is left to say
    except OSError as error:
        terminal.say(f"standard output cannot be written to: {terminal.why(error)}")
        return 1
    return 0


@cartwatch.command(short_help="Make a damaged folder's view and state anew from its journal.")
@click.argument("data", metavar="DIR", type=path_name)
@click.option(
    "--generation",
    type=_POSITIVE,
    metavar="N",
    help="The generation of the data to rebuild from; the current one where it is not given.",
)
@broker_options
def rebuild(data: str, generation: int | None, kafka: str | None, kafka_config: str | None) -> int:
    """Make view and flow state of a stopped server's data folder anew from its journal.

    For a folder in which one of these is damaged. Interrupted, it goes on at the next start. What
    was read from topics is read again from there, by --kafka: where it is gone, nothing is changed.
    """
    try:
        topics = known_topics_of(kafka, kafka_config)
    except KafkaConfigError as error:
        terminal.say(str(error))
        return 1
    from web.commands.opening import StartError
    from web.commands.rebuild import renew, until_processed
    from web.commands.serve import run

    raise_interrupts()
    folder = Path(data)
    try:
        topics = renew(folder, generation, topics)
        settings = Settings(data=folder, port=0, topics=topics, workers=usual_workers(spared=0))
        is_done = run(settings, until_processed)
    except StartError as error:
        terminal.say(str(error))
        return 1
    if not is_done:
        terminal.say("stopped before the end of the journal: the next start goes on with it")
    return 0 if is_done else 1


@cartwatch.command(short_help="Be a worker of the flow of a server on another machine.")
@click.option(
    "--server",
    required=True,
    metavar="URL",
    help="Address of the server itself, with no proxy between, and with its path where it has one.",
)
@click.option(
    "--listen",
    type=listening_place,
    metavar="HOST[:PORT]",
    help="Where the other workers call this one: the address by which they reach this machine, and"
    " a port, any free one without it. Without the option, the address that calls the server.",
)
@client_options
def worker(
    server: str, listen: tuple[str, int] | None, token_file: str | None, ca: str | None
) -> int:
    """Run a worker of a server's flow on this machine, until Ctrl-C or SIGTERM.

    It keeps nothing here, and comes again by itself where the server was away. It needs the full
    token, not the read-only one, and the same version of Cartwatch as the server.

    The workers of a flow call each other at ports that ask for no login and take Python objects
    (pickle): whoever reaches one while it is open can run anything. Use a private network that
    nobody else is on. The ports are open from each start of the flow until its workers have met.
    """
    end_at_signals()
    terminal.hold_nothing_up()
    from web.commands.server_key import ServerKey
    from web.commands.worker import work

    return work(server, ServerKey(token_file, take_token(), ca), listen)
