"""The simulator's process: `python -m hotline.simulator`. It prints one line when it is ready, and no secret ever."""

import argparse
import asyncio
import os
import signal
import sys

from aiohttp import web

from hotline.simulator import control, rest_calls, rest_messages, rest_rooms
from hotline.simulator.network import Network
from hotline.simulator.rest import NETWORK, carrier
from hotline.simulator.settings import Settings, from_environment

ORPHAN_CHECK = 1.0


def create_app(settings: Settings) -> web.Application:
    app = web.Application(middlewares=[carrier, control.near], client_max_size=256 * 1024)
    network = app[NETWORK] = Network(settings)
    for module in (rest_calls, rest_messages, rest_rooms):
        app.add_routes(module.routes)
    control.add_to(app, network)

    async def close(_: web.Application) -> None:
        await network.close()

    app.on_cleanup.append(close)
    return app


async def serve(app: web.Application, host: str, port: int, stop: asyncio.Event) -> None:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    real_port = runner.addresses[0][1]
    app[NETWORK].origin = f"http://{host}:{real_port}"
    sys.stdout.write(f"simulator ready {app[NETWORK].origin}\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


async def _until_orphaned(stop: asyncio.Event) -> None:
    """A supervisor that dies without a word leaves no simulator behind."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel sets no asyncio event
        await asyncio.sleep(ORPHAN_CHECK)
    stop.set()


async def _main(host: str, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watch = asyncio.create_task(_until_orphaned(stop))
    await serve(create_app(from_environment(os.environ)), host, port, stop)
    watch.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="hotline.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.host, arguments.port))


if __name__ == "__main__":
    main()
