// The long poll, whose only memory is the cursor; and the stream in its place when the connection has been stable.
// Knows nothing of the page: reports through `on` what came.
import { call } from "../kit/api.js";
import { ticks } from "../kit/clock.js";
import { random } from "../kit/dom.js";

const WAIT = 15; // seconds: a server that hangs is noticed this soon, and `slack` later
const SLACK = 5; // seconds that an answer may be late
const LONGEST = 15_000;
const SLOW = 10_000;
const CALM = 60_000; // the stream is tried after this long without a fault
const TALK = ["said", "emote", "joined", "left", "redacted", "chair", "unchair", "warning", "agenda", "action"]; // what changes nothing of the event

// `door`: another address for polls and streams, if there is one.
export function follow(base, door, start, on) {
  let tab = random(8);
  let cursor = start;
  let anonymous = false;
  let live = null; // the controller of the loop that runs; every other loop falls silent
  let glance = null; // the controller of a single look
  let again = false;
  let slow = false;
  let over = false;
  let slack = SLACK;
  let shut = ""; // the door, after it did not answer
  let fault = performance.now();
  let patience = CALM;

  const pause = (own, ms) => new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      own.signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    own.signal.addEventListener("abort", end);
  });
  const ask = (own, wait) =>
    call("GET", `${door}${base}/messages?after=${cursor}&wait=${wait}${wait ? `&tab=${tab}` : ""}`, { signal: own.signal, seconds: wait + slack, anonymous });

  // Poll, stream and other tabs may bring the same row: the first one counts.
  function take(answer, asked, as) {
    const after = cursor;
    const messages = answer.reset ? answer.messages : answer.messages.filter(({ ts }) => ts > cursor);
    cursor = answer.reset ? answer.cursor : Math.max(cursor, answer.cursor);
    on.answer({ ...answer, messages, asked }, after, as);
    // Nothing follows `closed`. What comes by the stream has no event yet.
    over = (over && !answer.reset) || messages.some(({ kind }) => kind === "closed");
    if (over && answer.event) end("done");
  }

  // What was asked at `used` got no answer: true if there is another address to try at once. The door alone may be shut.
  function turn(used) {
    if (door !== used) return true;
    [door, shut] = [shut, door];
    return shut !== "";
  }

  function removed(as) {
    if (as !== on.who()) return; // joined again meanwhile
    anonymous = true;
    on.removed();
  }

  async function stream(own) {
    const begun = performance.now();
    const as = on.who();
    let timer = 0;
    // Rows come without the event's times, count and digest: one poll brings them when the room is at rest.
    const look = () => ask(own, 0).then(({ status, answer }) => {
      if (live === own && status === 200) take(answer, undefined, as);
    }, () => { /* the stream breaks as well */ });
    // Comes only where it is tried; a page that cannot have it polls on.
    const { ride } = await import("./stream.js").catch(() => ({}));
    if (!ride) {
      patience = Infinity;
      return;
    }
    const held = await ride(`${door}${base}/stream?after=${cursor}`, anonymous ? "omit" : "include", own.signal, (answer) => {
      if (live !== own) return;
      take(answer, undefined, as);
      if (live === own) on.state("connected");
      clearTimeout(timer);
      if (!answer.event) timer = setTimeout(look, answer.messages.every(({ kind }) => TALK.includes(kind)) ? 2000 : 0);
    }, on.alive);
    clearTimeout(timer);
    if (live !== own) return;
    fault = performance.now();
    // A proxy that holds it back will go on so. Else it is tried again, the later the sooner it broke.
    patience = held ? Infinity : fault - begun > patience ? CALM : 2 * patience;
  }

  async function run(own) {
    let failures = 0;
    let hasty = 0;
    let wait = 0; // the first request does not park: it shows at once whether we are connected
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
      if (wait && !slow && begun - fault > patience) {
        wait = 0;
        await stream(own);
        continue;
      }
      const asked = ticks();
      const [as, used] = [on.who(), door];
      let result;
      try {
        result = await ask(own, wait);
      } catch {
        if (live !== own) return;
        const silent = performance.now() - begun >= (wait + slack) * 1000;
        // A slow line gets more time.
        if (silent) slack = Math.min(4 * SLACK, 2 * slack);
        if (!turn(used)) await retry(silent ? "silent" : "lost", 0);
        continue;
      }
      if (live !== own) return;
      slack = SLACK;
      const { status, answer, retryAfter } = result;
      if (status === 401 && !anonymous) {
        removed(as);
        continue;
      }
      if (status === 404) return end("gone");
      if (status !== 200) {
        await retry(status === 429 || status === 503 ? "busy" : "lost", retryAfter);
        continue;
      }
      failures = 0;
      take(answer, wait ? undefined : asked, as);
      if (live !== own) return;
      if (answer.replaced) {
        // Somebody polls in this tab's name: go on in another.
        tab = random(8);
        await pause(own, 1000 + 1000 * Math.random());
        continue;
      }
      const empty = answer.messages.length === 0 && !answer.more;
      const quick = wait > 0 && empty && performance.now() - begun < 1000;
      // An empty answer at once, although we offered to wait: nothing more comes.
      if (quick && answer.event.phase === "closed") return end("done");
      on.state("connected");
      wait = slow ? 0 : WAIT;
      hasty = quick ? hasty + 1 : 0;
      if (slow && !answer.more) await pause(own, SLOW);
      else if (quick) await pause(own, Math.min(5000, 200 * 2 ** hasty) * Math.random());
    }
  }

  function end(state) {
    poll.stop();
    on.state(state);
  }

  const poll = {
    start() {
      live?.abort();
      live = new AbortController();
      run(live);
    },
    // What is parked may be dead (sleep, another network): ask afresh.
    kick() { if (live) poll.start(); },
    // Stops the loop; what is being looked at goes on.
    rest() {
      const old = live;
      live = null;
      old?.abort();
    },
    stop() {
      poll.rest();
      glance?.abort();
    },
    // The page's cookie is good (again).
    identify() {
      anonymous = false;
      poll.kick();
    },
    // One request, for what is after the cursor now. True if an answer came.
    async look() {
      again = true;
      if (glance) return false; // it asks once more
      const own = glance = new AbortController();
      let well = true;
      while (again && well && !own.signal.aborted) {
        again = false;
        const [asked, as, used] = [ticks(), on.who(), door];
        const result = await ask(own, 0).catch(() => null);
        well = result?.status === 200;
        if (own.signal.aborted) break;
        if (!result) again = well = turn(used);
        else if (well) {
          take(result.answer, asked, as);
          again ||= result.answer.more;
        } else if (result?.status === 401 && !anonymous) {
          removed(as);
          again = well = true;
        } else if (result?.status === 404) end("gone");
      }
      if (glance === own) glance = null;
      return well;
    },
    take,
    cursor: () => cursor,
    // Asks every 10 seconds instead of parking, so that no connection is held.
    pace(isSlow) {
      if (slow === isSlow) return;
      slow = isSlow;
      poll.kick();
    },
  };
  return poll;
}
