"""POST over connections that stay open: as much of an HTTP/1.1 client as the recognizer needs. On asyncio alone, because
httpx costs some milliseconds of CPU a request and Debian's list of this peer has no other client."""

import asyncio
import ssl
from urllib.parse import urlsplit

CONNECTIONS_MAX = 256
ANSWER_MAX_S = 10.0
ANSWER_MAX_BYTES = 64 * 1024


class HttpClient:
    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_tls else 80)
        self._host_header = parts.netloc.rpartition("@")[2]
        self._base_path = parts.path.rstrip("/")
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._slots = asyncio.Semaphore(CONNECTIONS_MAX)

    async def post(self, path: str, headers: str, body: bytes) -> bytes:
        """The body of a 200; `headers`: whole lines. Raises OSError, ValueError or TimeoutError for anything else."""
        head = (
            f"POST {self._base_path}{path} HTTP/1.1\r\nHost: {self._host_header}\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await asyncio.wait_for(self._post(head.encode("latin-1") + body), ANSWER_MAX_S)

    async def _post(self, request: bytes) -> bytes:
        async with self._slots:
            while self._free:
                # The server may have closed it meanwhile: then the next one, or a new one.
                try:
                    return await self._exchange(*self._free.pop(), request)
                except (ConnectionError, asyncio.IncompleteReadError):
                    continue
            tls = ssl.create_default_context() if self._is_tls else None
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=tls)
            return await self._exchange(reader, writer, request)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> bytes:
        is_reusable = False
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            length = int(fields.get("content-length", -1))
            if not 0 <= length <= ANSWER_MAX_BYTES:
                raise ValueError(f"Expected a content-length up to {ANSWER_MAX_BYTES}, received {length}")
            body = await reader.readexactly(length)
            is_reusable = fields.get("connection") != "close"
            status = head[0].split(" ", 2)[1]
            if status != "200":
                raise ValueError(f"Expected status 200, received {status}")
            return body
        finally:
            if is_reusable:
                self._free.append((reader, writer))
            else:
                writer.close()
