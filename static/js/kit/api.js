import { wait } from "./dom.js";

const BODY = 30_000; // an answer that has begun may take this long to arrive

// One call to the JSON API. `seconds` is how long the server may take to begin its answer.
// Throws only when no answer came; every status is the caller's to judge.
export async function call(method, path, { body, signal, seconds = 15, anonymous = false } = {}) {
  const late = new AbortController();
  let timer = setTimeout(() => late.abort(), seconds * 1000);
  try {
    const response = await fetch(path, {
      method,
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      cache: "no-store",
      credentials: anonymous ? "omit" : "include",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
    });
    clearTimeout(timer);
    timer = setTimeout(() => late.abort(), BODY);
    const text = await response.text();
    let answer = {};
    try { answer = JSON.parse(text); } catch { if (response.ok && response.status !== 204) throw new Error("the answer is not JSON"); }
    return { status: response.status, answer, retryAfter: Number(response.headers.get("Retry-After")) || 0 };
  } finally {
    clearTimeout(timer);
  }
}

// A write with a nonce, sent again while the server is busy and where `again` wants it, up to five times; null where no answer came.
export async function insist(path, body, again = () => false) {
  for (let round = 1; ; round += 1) {
    const result = await call("POST", path, { body }).catch(() => null);
    const busy = result?.status === 429 || result?.status === 503;
    if (round === 5 || !(busy || again(result))) return result;
    await wait((result?.retryAfter || round * 0.4) + Math.random() / 2);
  }
}
