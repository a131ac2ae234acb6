import { wait } from "./dom.js";

// One call to the JSON API. Throws only when no answer came; every status is the caller's to judge.
export async function call(method, path, { body, signal, seconds = 15, anonymous = false } = {}) {
  const limit = AbortSignal.timeout(seconds * 1000);
  const response = await fetch(path, {
    method,
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    cache: "no-store",
    credentials: anonymous ? "omit" : "include",
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  let answer = {};
  try { answer = JSON.parse(text); } catch { if (response.ok && response.status !== 204) throw new Error("the answer is not JSON"); }
  return { status: response.status, answer, retryAfter: Number(response.headers.get("Retry-After")) || 0 };
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
