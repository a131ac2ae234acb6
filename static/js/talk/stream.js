// The stream: rows as server-sent events, over one answer that does not end.
const ACK = 5000; // what takes longer to begin is held back by a proxy
const SILENCE = 20_000; // the server says something every 15 s

// `heed` gets the acknowledgement, then rows; `alive` hears that something came, if only a comment. Ends with the answer, also where that
// breaks; returns whether it was held back.
export async function ride(url, credentials, signal, heed, alive) {
  const late = new AbortController();
  let heard = false;
  let timer = setTimeout(() => late.abort(), ACK);
  try {
    const { body } = await fetch(url, { credentials, cache: "no-store", signal: AbortSignal.any([signal, late.signal]) });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      alive();
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      const events = blocks.map((block) => block.match(/^event: (.*)\ndata: (.*)$/m)).filter(Boolean); // what has no data is a comment
      const rows = events.filter(([, kind]) => kind !== "ack").map(([, , data]) => JSON.parse(data));
      // It counts rows that are still to come.
      if (events[0]?.[1] === "ack") heed({ ...JSON.parse(events[0][2]), more: true });
      if (rows.length > 0) heed({ cursor: rows.at(-1).ts, messages: rows });
      heard ||= events.length > 0;
      if (!heard) continue;
      clearTimeout(timer);
      timer = setTimeout(() => late.abort(), SILENCE);
    }
  } catch { /* whatever it was, the poll goes on from the cursor */ }
  clearTimeout(timer);
  return late.signal.aborted && !heard;
}
