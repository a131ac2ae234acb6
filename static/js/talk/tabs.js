// One poller for all tabs of an event in this browser. One tab leads: it polls and passes on what comes. The others follow: each keeps
// its own cursor, and asks for itself where it missed something. Two leaders at once are harmless, they only ask twice.
// Web Locks choose the leader where they exist; on plain http the tabs elect it. A leader that does not reply is replaced either way.
import { random } from "../kit/dom.js";
import { enter } from "./poll_slots.js";

const QUIET = 4000; // a leader that was not heard for this long (ms) is asked whether it is there
const REPLY = 1500;
const VOTE = 200;
const FRESH = 1000; // what is older than this says nothing of the server's clock

// `poll` is the page's own, `on` what it reports to; `on.me` hears who this browser is in the room.
export function share(poll, on, event) {
  const { dataset } = document.body;
  const id = random(8);
  const name = `gavel-event-${event}`;
  const { answer: show, state: say, removed: leave } = on;
  let locks = navigator.locks;
  let channel = null; // to the other tabs; null while this one is frozen, hidden away or done
  let leading = false;
  let release = null; // gives the lock back
  let wish = null; // the controller of a request for the lock
  let vote = 0;
  let watch = 0;
  let heard = 0; // when the leader was last heard
  let asked = 0; // when it was asked whether it is there; 0 after a reply
  let kicked = 0;
  let room = null;
  let last = { state: "" };
  let looked = false; // since this tab is (again) among the others
  let passing = false; // what comes is another tab's
  let introduced = false;
  let stale = false; // this browser may have joined or left while this tab slept

  const visible = () => !document.hidden;
  const tell = (type, more = {}) => channel?.postMessage({ type, from: id, visible: visible(), ...more });
  // The better leader of two: one that is looked at, whose timers run.
  const better = (it) => (it.visible === visible() ? it.from < id : it.visible);
  const identity = () => ({ me: { id: dataset.participant, nick: dataset.nick, chair: dataset.runs === "chair" } });
  const report = () => tell("lead", { cursor: poll.cursor(), last });

  /* == leading == */
  function lead() {
    clearTimeout(vote);
    vote = 0;
    if (leading || !channel) return;
    leading = looked = true;
    room = enter(event, id, (slow) => poll.pace(slow));
    report();
    poll.start();
  }
  function step() {
    if (!leading) return;
    leading = false;
    poll.rest();
    room.leave();
    heard = performance.now();
    release?.();
  }

  /* == by locks == */
  function queue(options) {
    wish?.abort();
    wish = new AbortController();
    const own = wish;
    let held = false;
    const hold = () => channel && new Promise((resolve) => {
      held = true;
      release = resolve;
      lead();
    });
    locks.request(name, options ?? { signal: own.signal }, hold).catch((problem) => {
      if (problem.name === "AbortError") return;
      locks = null; // forbidden here
      elect();
    }).then(() => {
      if (!held) return;
      // Given back, or taken by another tab.
      release = null;
      step();
      if (channel && locks && wish === own) queue();
    });
  }

  /* == by election == */
  function elect() {
    if (vote || leading) return;
    tell("claim");
    vote = setTimeout(lead, visible() ? VOTE : 2 * VOTE);
  }

  const seize = () => (locks ? queue({ steal: true }) : elect());

  function look() {
    if (leading || !channel) return;
    const now = performance.now();
    if (now - heard < QUIET) return;
    if (asked && now - asked > REPLY) {
      asked = 0;
      heard = now;
      return seize();
    }
    asked ||= now;
    tell("ask");
  }

  /* == what other tabs say == */
  const hears = {
    ask() { if (leading) report(); },
    claim(it) {
      if (leading && it.visible && !visible()) return step();
      if (leading) return report();
      if (!better(it)) return elect();
      clearTimeout(vote);
      vote = 0;
      heard = performance.now();
    },
    lead(it) {
      if (leading) return better(it) ? step() : report();
      if (visible() && !it.visible) return seize();
      clearTimeout(vote);
      vote = 0;
      if (it.last.state === "connected") on.alive();
      if (it.last.state) say(it.last.state, it.last.until);
      if (!looked || it.cursor > poll.cursor()) poll.look();
      looked = true;
    },
    rows({ answer, after, as, at }) {
      if (as !== dataset.participant || after > poll.cursor()) return poll.look();
      passing = true;
      poll.take({ ...answer, now: Date.now() - at < FRESH ? answer.now : undefined }, undefined, as);
      passing = false;
    },
    bye() { if (!locks) elect(); },
    kick() { if (leading) kick(); },
    who() { tell("me", identity()); },
    me({ me, was }) {
      if (me.id === dataset.participant || (was !== undefined && was !== dataset.participant)) return;
      // A page that was made before this browser joined.
      if (!me.id && was === undefined && !stale) return tell("me", identity());
      stale = false;
      on.me(me);
      poll.identify();
    },
  };
  function hear({ data }) {
    if (["lead", "rows"].includes(data.type)) {
      heard = performance.now();
      asked = 0;
    }
    hears[data.type](data);
  }

  /* == what this one hears == */
  on.answer = (answer, after, as) => {
    show(answer);
    if (leading && !passing) tell("rows", { answer: { ...answer, asked: undefined }, after, as, at: Date.now() });
  };
  on.state = (state, until = 0) => {
    last = { state, until };
    say(state, until);
    if (leading) report();
    // Nothing more comes, for any tab.
    if (state === "done" || state === "gone") stop();
  };
  on.removed = () => {
    const was = dataset.participant;
    leave();
    tell("me", { me: { id: "" }, was });
  };

  function kick() {
    if (performance.now() - kicked < 1000) return;
    kicked = performance.now();
    poll.kick();
  }

  function begin() {
    if (channel) return;
    channel = new BroadcastChannel(name);
    channel.onmessage = hear;
    heard = asked = performance.now();
    watch = setInterval(look, 2000);
    stale = introduced;
    looked = false;
    if (introduced) tell("who");
    else tell("me", identity());
    introduced = true;
    tell("ask");
    if (locks) queue();
    else setTimeout(() => { if (asked && channel) elect(); }, VOTE);
  }
  function stop() {
    if (!channel) return;
    if (leading) tell("bye");
    step();
    poll.stop();
    wish?.abort();
    release?.();
    clearInterval(watch);
    clearTimeout(vote);
    vote = 0;
    channel.close();
    channel = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (leading) {
      room.update();
      report();
    } else if (visible()) tell("ask");
  });
  document.addEventListener("freeze", stop);
  document.addEventListener("resume", () => { if (last.state !== "done" && last.state !== "gone") begin(); });
  document.addEventListener("submit", ({ target }) => {
    if (target.action?.endsWith("/leave")) tell("me", { me: { id: "" }, was: dataset.participant });
  });

  return {
    ...poll,
    start: begin,
    stop,
    kick() {
      if (leading) return kick();
      tell("kick");
      poll.look();
    },
    identify() {
      poll.identify();
      if (!leading) poll.look();
      tell("me", identity());
    },
  };
}
