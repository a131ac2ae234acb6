// Rooms by socket.io over long polls alone: messages in memory, one process. Posts go to a plain handler, as in the other
// chats, because a post over socket.io would need a second request to be acknowledged.

import { createServer } from "node:http";
import { Server } from "socket.io";

const POST = /^\/rooms\/(\d+)\/messages$/;
const last = new Map();

function row(room, text) {
  const ts = Math.max(Date.now() * 1000, (last.get(room) ?? 0) + 1);
  last.set(room, ts);
  return {
    ts, kind: "said", from: "p_0123456789abcdefghij", nick: "writer1", text, html: text, nonce: null,
    salt: "abcdefghijklmnopqrstuvwxyz", hash: null,
  };
}

function post(request, response) {
  const room = request.method === "POST" && POST.exec(request.url)?.[1];
  if (!room) {
    response.writeHead(404).end();
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    const message = row(room, JSON.parse(body).text);
    io.to(room).emit("message", message);
    response.writeHead(201, { "Content-Type": "application/json" }).end(JSON.stringify(message));
  });
}

const server = createServer(post);
// A writer that rests for a while keeps its connection, as on the other servers.
server.keepAliveTimeout = 3_600_000;
const io = new Server(server, { transports: ["polling"], serveClient: false });
io.on("connection", (socket) => socket.join(socket.handshake.query.room));
server.listen(0, "127.0.0.1", 4096, () => console.log(`socket.io serves http://127.0.0.1:${server.address().port}`));
