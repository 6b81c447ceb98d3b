"""The simulator's process: `python -m hotline.simulator`. It says when it is ready and the seed of its weather.

It prints no secret, ever.
"""

import argparse
import asyncio
import os
import signal
import sys

from aiohttp import web

from hotline.simulator import (
    control,
    rest_calls,
    rest_messages,
    rest_numbers,
    rest_queues,
    rest_recordings,
    rest_rooms,
    weather_control,
)
from hotline.simulator.network import Network
from hotline.simulator.rest import NETWORK, carrier
from hotline.simulator.settings import Settings, from_environment

ORPHAN_CHECK = 1.0
# Ten pictures typed on a handset come in one JSON body, in base64.
LARGEST_BODY = 70 * 1024 * 1024
REST = (rest_calls, rest_messages, rest_numbers, rest_queues, rest_recordings, rest_rooms)


def create_app(settings: Settings) -> web.Application:
    app = web.Application(middlewares=[carrier, control.near], client_max_size=LARGEST_BODY)
    network = app[NETWORK] = Network(settings)
    for module in (*REST, weather_control):
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
    sys.stdout.write(f"simulator weather: --seed {app[NETWORK].weather.seed} runs it again\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


async def _until_orphaned(stop: asyncio.Event) -> None:
    """A supervisor that dies without a word leaves no simulator behind."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel sets no asyncio event
        await asyncio.sleep(ORPHAN_CHECK)
    stop.set()


async def _main(host: str, port: int, app: web.Application) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    watch = asyncio.create_task(_until_orphaned(stop))
    await serve(app, host, port, stop)
    watch.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(prog="hotline.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--weather", default="", help="a TOML file of what goes wrong")
    parser.add_argument("--seed", default="", help="the seed of an earlier run's weather")
    arguments = parser.parse_args()
    given = {"SIMULATOR_WEATHER": arguments.weather, "SIMULATOR_SEED": arguments.seed}
    try:
        settings = from_environment({**os.environ, **{name: value for name, value in given.items() if value}})
        app = create_app(settings)
    except (ValueError, OSError) as error:
        sys.exit(f"simulator: {error}")
    asyncio.run(_main(arguments.host, arguments.port, app))


if __name__ == "__main__":
    main()
