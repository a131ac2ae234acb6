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
  try { answer = JSON.parse(text); } catch { if (response.ok) throw new Error("the answer is not JSON"); }
  return { status: response.status, answer, retryAfter: Number(response.headers.get("Retry-After")) || 0 };
}
