// Whether the log is whole: its digest (docs/digest.md) is followed through every row and compared with the one that the server tells.
import { call } from "./api.js";
import { hex } from "./dom.js";

const ALONE = 3000; // as many rows a page reads without being asked

const sha = async (...parts) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\n")))));

// `tell` hears of "reading", "whole", "differs", of "unread" where no answer came, "long" and "plain" where it has to be asked or cannot.
export function prove(base, event, tell) {
  let [ts, count, digest] = [0, 0, ""]; // the row that the chain has come to
  let state = "";
  let queue = Promise.resolve();
  let timer = 0;

  function turn(next) {
    state = next;
    tell(state, count, digest);
  }
  async function begin() {
    [ts, count, digest] = [0, 0, await sha("gavel:1", event)];
  }
  async function take(rows) {
    for (const row of rows) {
      if (row.ts <= ts) continue;
      const content = row.hash ?? await sha(row.salt ?? "", row.text);
      digest = await sha(digest, row.ts, row.kind, row.from ?? "", row.nick ?? "", content);
      ts = row.ts;
      count += 1;
    }
  }
  const fits = (told) => told.count === count && (told.digest === digest || count === 0);
  // From the first row on, as everyone may see them.
  async function read() {
    await begin();
    for (;;) {
      const { status, answer } = await call("GET", `${base}/messages?after=${ts}&wait=0&limit=500`, { anonymous: true });
      if (status !== 200) throw new Error(answer.title);
      await take(answer.messages);
      if (!answer.more) return fits(answer.event);
    }
  }
  // What does not fit is read anew once, before anybody is alarmed.
  const judge = async (fine) => turn(fine || await read() ? "whole" : "differs");
  const later = (job) => { queue = queue.then(job).catch(() => turn("unread")); };

  function check() {
    if (!crypto.subtle) return turn("plain");
    turn("reading");
    later(async () => judge(await read()));
  }

  return {
    check,
    // Goes on with what came; begins when the page has come to rest.
    follow(answer) {
      if (state === "reading" || state === "whole") {
        later(async () => {
          if (answer.reset) await begin();
          await take(answer.messages);
          // The stream's rows come without; an answer that they have overtaken says nothing.
          if (answer.event && !answer.more && answer.cursor >= ts) await judge(fits(answer.event));
        });
      } else if (state !== "differs" && answer.event) {
        clearTimeout(timer);
        if (!crypto.subtle) turn("plain");
        else if (answer.event.count > ALONE) turn("long");
        else timer = setTimeout(check, 2000);
      }
    },
  };
}
