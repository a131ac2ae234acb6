// How many rooms this browser polls at once. Over HTTP/1.1 it opens six connections to a server: four may wait, so that a post always
// finds a free one. Rooms beyond these ask every 10 seconds; those that nobody looks at go first.
const MOST = 4;
const ROLL = 10_000;

// Over HTTP/2 and later all requests share one connection.
const shared = /^h[23]/.test(performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "") && !document.body.dataset.live;

// `pace` hears whether this room has to be slow. Rooms are ranked by what their leaders say; all come to the same order.
export function enter(event, id, pace) {
  if (shared) return { update() {}, leave() {} };
  const channel = new BroadcastChannel("gavel-rooms");
  const others = new Map(); // by leader: {event, id, visible, seen, at}
  let seen = document.hidden ? 0 : Date.now(); // when somebody looked at it last
  let slow = false;
  let rolled = 0; // when the others were last asked to report

  const own = () => ({ event, id, visible: !document.hidden, seen });
  const order = (one, other) => other.visible - one.visible || other.seen - one.seen || (one.id < other.id ? -1 : 1);
  function rank() {
    const rooms = [own(), ...others.values()].filter((it) => it.id === id || it.event !== event).sort(order);
    slow = rooms.findIndex((it) => it.id === id) >= MOST;
    pace(slow);
  }
  function roll() {
    rolled = performance.now();
    channel.postMessage({ ...own(), roll: true });
  }
  channel.onmessage = ({ data }) => {
    if (data.roll) channel.postMessage(own());
    if (data.gone) others.delete(data.gone);
    else if (data.id) others.set(data.id, { ...data, at: performance.now() });
    rank();
  };
  // Leaders that crashed do not reply.
  const timer = setInterval(() => {
    if (!slow) return;
    for (const [key, { at }] of others) if (at < rolled) others.delete(key);
    rank();
    roll();
  }, ROLL);
  roll();

  return {
    update() {
      seen = Date.now();
      channel.postMessage(own());
      rank();
    },
    leave() {
      clearInterval(timer);
      channel.postMessage({ gone: id });
      channel.close();
      pace(false);
    },
  };
}
