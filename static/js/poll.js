// The long poll: one request at a time, the cursor its only memory. Knows nothing of the page; tells through `on` what came.
import { call } from "./api.js";
import { random } from "./dom.js";

const WAIT = 25;
const LONGEST = 15_000;

export function follow(base, start, on) {
  const tab = random(8);
  let cursor = start;
  let anonymous = false;
  let live = null; // the controller of the loop that runs; whoever is not `live` any more falls silent

  const pause = (own, ms) => new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    own.signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); });
  });
  const backoff = (tries, least = 0) => least * 1000 + Math.random() * Math.min(LONGEST, 500 * 2 ** tries);

  async function run(own) {
    let failures = 0;
    let hasty = 0;
    let wait = 0; // the first request does not park: it tells at once whether we are connected
    const retry = async (state, least) => {
      failures += 1;
      wait = 0;
      const ms = backoff(failures, least);
      on.state(state, Date.now() + ms);
      await pause(own, ms);
    };
    while (live === own) {
      const begun = performance.now();
      let result;
      try {
        result = await call("GET", `${base}/messages?after=${cursor}&wait=${wait}&tab=${tab}`, { signal: own.signal, seconds: wait + 12, anonymous });
      } catch {
        if (live === own) await retry("lost", 0);
        continue;
      }
      if (live !== own) return;
      const { status, answer, retryAfter } = result;
      if (status === 401 && !anonymous) {
        anonymous = true;
        on.removed();
        continue;
      }
      if (status === 404) return end("gone");
      if (status !== 200) {
        await retry(status === 429 || status === 503 ? "busy" : "lost", retryAfter);
        continue;
      }
      failures = 0;
      cursor = answer.cursor;
      on.answer(answer);
      if (answer.replaced) return end("replaced");
      const empty = answer.messages.length === 0 && !answer.more;
      const quick = wait > 0 && empty && performance.now() - begun < 1000;
      // Nothing follows `closed`. An empty answer at once, although we offered to wait, says the same.
      if (answer.messages.some((row) => row.kind === "closed") || (quick && answer.event.phase === "closed")) return end("done");
      on.state("connected");
      wait = WAIT;
      hasty = quick ? hasty + 1 : 0;
      if (quick) await pause(own, Math.min(5000, 200 * 2 ** hasty) * Math.random());
    }
  }

  function end(state) {
    live = null;
    on.state(state);
  }

  return {
    start() {
      this.stop();
      live = new AbortController();
      run(live);
    },
    // Whatever is parked may be dead (sleep, another network): ask afresh.
    kick() { if (live) this.start(); },
    stop() {
      const old = live;
      live = null;
      old?.abort();
    },
    // The page's cookie is good (again).
    identify() {
      anonymous = false;
      this.start();
    },
    running: () => live !== null,
  };
}
