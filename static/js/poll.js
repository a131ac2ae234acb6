// The long poll, the cursor its only memory; and the stream in its place where all is calm. Knows nothing of the page; tells through `on` what came.
import { call } from "./api.js";
import { ticks } from "./clock.js";
import { random } from "./dom.js";

const WAIT = 25;
const LONGEST = 15_000;
const CALM = 60_000; // so long nothing fails before the stream is tried
const TALK = ["said", "emote", "joined", "left", "redacted", "chair", "unchair", "warning", "agenda", "action"]; // what changes nothing of the event

// `door`: another address for polls and streams, if there is one.
export function follow(base, door, start, on) {
  const tab = random(8);
  let cursor = start;
  let anonymous = false;
  let live = null; // the controller of the loop that runs; whoever is not `live` any more falls silent
  let fault = performance.now();
  let patience = CALM;

  const pause = (own, ms) => new Promise((resolve) => {
    setTimeout(resolve, ms);
    own.signal.addEventListener("abort", resolve);
  });
  const ask = (own, wait) =>
    call("GET", `${door}${base}/messages?after=${cursor}&wait=${wait}&tab=${tab}`, { signal: own.signal, seconds: wait + 12, anonymous });

  // Poll and stream may bring the same row: the first one counts.
  function take(answer, asked) {
    const messages = answer.reset ? answer.messages : answer.messages.filter(({ ts }) => ts > cursor);
    cursor = answer.reset ? answer.cursor : Math.max(cursor, answer.cursor);
    on.answer({ ...answer, messages, asked });
  }

  async function stream(own) {
    const begun = performance.now();
    let timer = 0;
    // Rows come without the event's times, count and digest: one poll brings them when the room is at rest.
    const look = () => ask(own, 0).then(({ status, answer }) => {
      if (live === own && status === 200) take(answer);
    }, () => { /* the stream breaks as well */ });
    // Comes only where it is tried; a page that cannot have it polls on.
    const { ride } = await import("./stream.js").catch(() => ({}));
    if (!ride) {
      patience = Infinity;
      return;
    }
    const held = await ride(`${door}${base}/stream?after=${cursor}`, anonymous ? "omit" : "include", own.signal, (answer) => {
      if (live !== own) return;
      take(answer);
      on.state("connected");
      clearTimeout(timer);
      if (!answer.event) timer = setTimeout(look, answer.messages.every(({ kind }) => TALK.includes(kind)) ? 2000 : 0);
    });
    clearTimeout(timer);
    if (live !== own) return;
    fault = performance.now();
    // A proxy that holds it back will go on so. Else it is tried again, the later the sooner it broke.
    patience = held ? Infinity : fault - begun > patience ? CALM : 2 * patience;
  }

  async function run(own) {
    let failures = 0;
    let hasty = 0;
    let wait = 0; // the first request does not park: it tells at once whether we are connected
    const retry = async (state, least) => {
      failures += 1;
      wait = 0;
      fault = performance.now();
      const ms = least * 1000 + Math.random() * Math.min(LONGEST, 500 * 2 ** failures);
      on.state(state, Date.now() + ms);
      await pause(own, ms);
    };
    while (live === own) {
      const begun = performance.now();
      if (wait && begun - fault > patience) {
        wait = 0;
        await stream(own);
        continue;
      }
      const asked = ticks();
      let result;
      try {
        result = await ask(own, wait);
      } catch {
        if (live !== own) return;
        if (door) door = "";
        else await retry("lost", 0);
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
      take(answer, wait ? undefined : asked);
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
  };
}
