"""`python -m deploy.local up|down|clean|status|servers-up|demo`: what the Makefile calls."""

import argparse
import os
import sys

from deploy.local import memory, processes, stack
from deploy.local.environment import SERVICES
from deploy.local.errors import LocalStackError
from deploy.local.paths import REPOSITORY, StackPaths

MIB = 2**20


def main() -> int:
    """Run one command; 0, or 1 with the reason in a message."""
    parser = argparse.ArgumentParser(prog="deploy.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="servers and services, in the background")
    commands.add_parser("servers-up", help="Kafka and PostgreSQL only")
    commands.add_parser("down", help="stop all")
    commands.add_parser("clean", help="stop all and forget the data")
    commands.add_parser("status", help="show what runs, where, and its memory")
    demo = commands.add_parser("demo", help="the main job, shown")
    demo.add_argument("--once", action="store_true", help="end after the reports")
    arguments = parser.parse_args()
    paths = StackPaths.of_clone()
    try:
        return _run(arguments, paths)
    except LocalStackError as error:
        print(f"natija: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"natija: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace, paths: StackPaths) -> int:
    match arguments.command:
        case "up":
            stack.up(paths)
            _show(paths)
            print("`.venv/bin/natija --help` finds this stack by itself; `make down` stops it.")
        case "servers-up":
            with paths.locked():
                servers = stack.servers_up(paths, owner=stack.UP)
            print(f"NATIJA_KAFKA={servers.kafka}\nNATIJA_POSTGRES={servers.postgres}")
        case "down":
            stopped = stack.down(paths)
            print(f"stopped {', '.join(record.name for record in stopped)}" if stopped else "nothing ran")
        case "clean":
            stack.clean(paths)
        case "status":
            return _show(paths)
        case "demo":
            from deploy.local import demo

            return demo.run(paths, once=arguments.once)
    return 0


def _show(paths: StackPaths) -> int:
    """Print a line per process and the sum of their memory; 1 when nothing runs."""
    records = processes.find_all(paths)
    if not records:
        print("nothing runs")
        return 1
    total = 0
    for record in records:
        held = memory.memory_of_tree(record.pid)
        total += held
        where = f"http://{record.where}/" if record.name in SERVICES else _short(record.where)
        print(f"{record.name:<10} {held / MIB:>6.0f} MiB  {where:<32}  {_short(str(paths.log(record.name)))}")
    print(f"{'together':<10} {total / MIB:>6.0f} MiB")
    return 0


def _short(where: str) -> str:
    return os.path.relpath(where, REPOSITORY) if where.startswith(str(REPOSITORY)) else where


if __name__ == "__main__":
    sys.exit(main())
