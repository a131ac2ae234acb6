"""A chat by long poll on Tornado: rooms in memory, one process. It speaks as the waiting reference does."""

import asyncio
import collections
import json
import time

import tornado.httpserver
import tornado.netutil
import tornado.web

KEPT = 500


class Room:
    def __init__(self):
        self.last = 0
        self.before = 0
        self.answer = b""
        self.rows = collections.deque(maxlen=KEPT)
        self.waiting = set()

    def add(self, text):
        self.before, self.last = self.last, max(time.time_ns() // 1000, self.last + 1)
        row = {"ts": self.last, "kind": "said", "from": "p_0123456789abcdefghij", "nick": "writer1",
               "text": text, "html": text, "nonce": None,
               "salt": "abcdefghijklmnopqrstuvwxyz", "hash": None}
        self.rows.append(row)
        self.answer = self.page([row])
        woken, self.waiting = self.waiting, set()
        for future in woken:
            if not future.done():
                future.set_result(None)
        return row

    def after(self, ts):
        """Who lacks only the last row gets bytes that all share."""
        return self.answer if ts >= self.before else self.page([row for row in self.rows if row["ts"] > ts])

    def page(self, rows):
        event = {"id": "e_0123456789abcdefghij", "phase": "open", "opens_at": self.last, "closes_at": self.last,
                 "count": 312, "digest": "0123456789abcdef" * 4}
        page = {"now": self.last, "cursor": self.last, "more": False, "reset": False, "replaced": False,
                "event": event, "messages": rows}
        return json.dumps(page, separators=(",", ":")).encode()


ROOMS = collections.defaultdict(Room)


class Messages(tornado.web.RequestHandler):
    future = None

    async def get(self, number):
        room, after = ROOMS[number], int(self.get_query_argument("after"))
        while room.last <= after:
            self.future = asyncio.get_running_loop().create_future()
            room.waiting.add(self.future)
            try:
                await self.future
            finally:
                room.waiting.discard(self.future)
        self.answer(room.after(after))

    def post(self, number):
        row = ROOMS[number].add(json.loads(self.request.body)["text"])
        self.set_status(201)
        self.answer(json.dumps(row, separators=(",", ":")).encode())

    def answer(self, body):
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    def compute_etag(self):
        return None

    def on_connection_close(self):
        if self.future is not None:
            self.future.cancel()


async def main():
    application = tornado.web.Application([(r"/rooms/(\d+)/messages", Messages)], log_function=lambda handler: None)
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1", backlog=4096)
    tornado.httpserver.HTTPServer(application).add_sockets(sockets)
    print(f"Tornado serves http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
