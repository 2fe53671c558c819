"""The bot on FastAPI, uvicorn, websockets and numpy: server.py --port 0 --questions 12 --prompt FILE --goodbye FILE
--end-of-speech-ms 400 --openai-base-url URL, the key in OPENAI_API_KEY. What it does and leaves out: ../README.md."""

import argparse
import gc
import os
import platform
import re
import socket
from importlib import metadata
from urllib.parse import parse_qs

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket

from call import Call, CallSetting
from player import load_prompt
from recognizer import Recognizer

BACKLOG = 2048
MESSAGE_MAX_BYTES = 64 * 1024
# With --questions 0 a call only listens: its one question waits so long for a caller who says nothing.
LISTENING_MS = 600_000
# What lives as long as a call is no garbage: the default of 700 allocations searches it some times a second.
GARBAGE_THRESHOLD = 50_000
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
HANGUP = '<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>'


def create_app(options: argparse.Namespace, port: int) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.on_event("startup")
    async def start() -> None:
        app.state.setting = CallSetting(
            questions=max(1, options.questions),
            no_input_ms=LISTENING_MS if options.questions == 0 else options.no_input_ms,
            end_of_speech_ms=options.end_of_speech_ms,
            prompt=load_prompt(options.prompt),
            goodbye=load_prompt(options.goodbye),
            recognizer=Recognizer(options.openai_base_url, os.environ.get("OPENAI_API_KEY", "")),
        )
        gc.freeze()
        gc.set_threshold(GARBAGE_THRESHOLD)
        print(f"versions {versions()}", flush=True)
        print(f"listening on {port}", flush=True)

    @app.post("/voice")
    async def voice(request: Request) -> Response:
        host = request.headers.get("host", "")
        if not await is_call(request) or HOST.fullmatch(host) is None:
            return Response(status_code=404)
        return twiml(
            '<?xml version="1.0" encoding="UTF-8"?><Response><Connect action="/voice/continue">'
            f'<Stream url="ws://{host}/ws"/></Connect></Response>'
        )

    @app.post("/voice/continue")
    async def voice_continue(request: Request) -> Response:
        return twiml(HANGUP) if await is_call(request) else Response(status_code=404)

    @app.websocket("/ws")
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await Call(websocket, app.state.setting).run()

    return app


async def is_call(request: Request) -> bool:
    # Not request.form(): it wants one more package, for files that nobody sends here.
    return "CallSid" in parse_qs((await request.body()).decode())


def twiml(text: str) -> Response:
    return Response(text, media_type="text/xml")


def versions() -> str:
    parts = [f"Python {platform.python_version()}"]
    for name in ("fastapi", "uvicorn", "websockets", "numpy", "uvloop", "httptools"):
        try:
            parts.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            parts.append(f"no {name}")
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--questions", type=int, default=12)
    parser.add_argument("--prompt", required=True, help="raw 8 kHz mu-law")
    parser.add_argument("--goodbye", required=True, help="raw 8 kHz mu-law")
    parser.add_argument("--no-input-ms", type=int, default=5000)
    parser.add_argument("--end-of-speech-ms", type=int, default=400)
    parser.add_argument("--openai-base-url", default="https://api.openai.com/v1")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=BACKLOG)
    # uvicorn takes uvloop and httptools by itself where they are installed.
    config = uvicorn.Config(
        create_app(options, listener.getsockname()[1]),
        ws="websockets",
        ws_max_size=MESSAGE_MAX_BYTES,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        backlog=BACKLOG,
        access_log=False,
        log_level="warning",
    )
    uvicorn.Server(config).run(sockets=[listener])


main()
