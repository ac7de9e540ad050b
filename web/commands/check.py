"""``cartwatch replay --check``: what would come of a file, told by a server that keeps nothing."""

from web.commands import terminal
from web.commands.replay import NOTHING_ACCEPTED
from web.commands.sent_file import opened
from web.commands.server_client import Check, Server
from web.commands.server_key import NO_KEY, ReplayError, ServerKey
from web.words import count


def check(file: str, *, server: str, key: ServerKey = NO_KEY) -> int:
    """Send a file (``-``: standard input) for a dry run, and print what would come of it.

    Gives 0, and 3 where nothing would be accepted. Whatever else happens is one sentence on stderr
    and 1.
    """
    try:
        target = Server(server, key)
        with opened(file) as (lines, name, size):
            told = target.check(lines, name, size)
    except ReplayError as error:
        terminal.say(str(error))
        return 1
    except KeyboardInterrupt:
        terminal.say("stopped before the dry run was done; nothing was taken in")
        return 1
    summary = f"{terminal.printable(name)}: {_summary(told)}; nothing was taken in"
    print("\n".join([summary, *_skipped(told)]), flush=True)
    if told.accepted == 0:
        hint = f": {told.looks_like}" if told.looks_like else ""
        terminal.say(f"nothing of {name} would be accepted{hint}")
        return NOTHING_ACCEPTED
    if told.skipped and told.looks_like:
        terminal.say(f"{name}: {told.looks_like}")
    return 0


def _summary(told: Check) -> str:
    """Say how many records would be accepted and skipped, and of whom."""
    blank = f", {told.blank:,} blank" if told.blank else ""
    of = ""
    if told.accepted:
        users = "over 1,000,000 users" if told.users is None else count(told.users, "user")
        orders, payments = count(told.orders, "order"), count(told.payments, "payment")
        of = f" ({orders} and {payments} of {users})"
    return f"{told.accepted:,} would be accepted{of}, {told.skipped:,} skipped{blank}"


def _skipped(told: Check) -> list[str]:
    """Say why records would be skipped: how many for each reason, the first of them in words."""
    reasons = sorted(told.by_reason.items(), key=lambda each: (-each[1], each[0]))
    examples = [f"  {terminal.printable(example.message)}" for example in told.examples]
    if len(examples) < told.skipped:
        examples.append(f"  … and {told.skipped - len(examples):,} more")
    return [*(f"  {many:,} {terminal.printable(reason)}" for reason, many in reasons), *examples]
