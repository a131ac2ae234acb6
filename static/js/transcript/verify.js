// Whether the log is whole: its digest (docs/digest.md) is followed through every row and compared with the one that the server tells.
import { call } from "../kit/api.js";
import { hex } from "../kit/dom.js";

const ALONE = 3000; // as many rows a page reads without being asked

const sha = async (...parts) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(parts.join("\n")))));

// `tell` hears "reading", then "whole", "differs" or, where no answer came, "unread"; "long" and "plain" where it waits to be asked or cannot.
export function prove(base, event, tell) {
  let ts, count, digest; // what the chain has come to
  let state = "";
  let queue = Promise.resolve();
  let timer = 0;

  const turn = (next) => tell(state = next, count, digest);
  const later = (job) => { queue = queue.then(job).catch(() => turn("unread")); };
  async function begin() {
    [ts, count, digest] = [0, 0, await sha("gavel:1", event)];
  }
  // Goes on with these rows. Whether they fit says nothing where the answer has no event, more rows follow it, or the stream has overtaken it.
  async function take(answer) {
    for (const row of answer.messages.filter((row) => row.ts > ts && !row.room)) {
      const content = row.hash ?? await sha(row.salt ?? "", row.text);
      digest = await sha(digest, row.ts, row.kind, row.from ?? "", row.nick ?? "", content);
      ts = row.ts;
      count += 1;
    }
    const told = answer.event;
    return !told || answer.more || answer.cursor < ts ? null : told.count === count && (told.digest === digest || count === 0);
  }
  // From the first row on, as everyone may see them.
  async function read() {
    await begin();
    for (;;) {
      const { answer } = await call("GET", `${base}/messages?after=${ts}&wait=0&limit=500`, { anonymous: true });
      const fits = await take(answer); // throws where the answer is a problem
      if (!answer.more) return fits;
    }
  }
  // What does not fit is read anew once, before anybody is alarmed.
  const judge = async (fits) => turn(fits || await read() ? "whole" : "differs");

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
          const fits = await take(answer);
          if (fits !== null) await judge(fits);
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
