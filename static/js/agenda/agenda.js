// The agenda: fetched again when a row says that it changed, ticked and written without leaving the page.
import { one, wait } from "../kit/dom.js";

const area = () => one("#agenda");

// `mine`: the answer to what was sent from here; else what somebody is writing stays.
function put(html, mine) {
  const fresh = one("#agenda", new DOMParser().parseFromString(html, "text/html"));
  const old = area();
  if (!fresh) return false;
  const ticked = document.activeElement.matches("#agenda .tick") && document.activeElement.value;
  const editor = one("[data-editor]", old);
  const text = editor && one("textarea", editor);
  const writing = editor?.open && (text.value !== text.defaultValue || one(".wrong", editor));
  if (!mine && writing) {
    for (const part of ["header", "[data-items]"]) one(part, old).replaceWith(one(part, fresh));
  } else {
    if (!mine && editor?.open) one("[data-editor]", fresh)?.setAttribute("open", "");
    // News leave the way back as long as it leads from what is there.
    const undo = !mine && one("[data-undo]", old);
    if (undo && undo.dataset.undo === one("[name=was]", fresh)?.value) one("header", fresh).after(undo);
    old.replaceWith(fresh);
    if (mine && !ticked) one("[aria-invalid], summary", fresh)?.focus();
  }
  if (ticked) one(`.tick[value="${ticked}"]`)?.focus();
  return true;
}

let due = false;
export async function refresh() {
  if (due) return;
  due = true;
  await wait(Math.random()); // chance spreads those who read
  due = false;
  const response = await fetch(area().dataset.url).catch(() => null);
  if (response?.ok) put(await response.text(), false);
  else if (!response || response.status >= 500) setTimeout(refresh, 5000);
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.closest("#agenda") || "plain" in form.dataset) return;
  event.preventDefault();
  const response = await fetch(`${form.action}?part`, { method: "POST", body: new URLSearchParams(new FormData(form, submitter)) }).catch(() => null);
  if (response && put(await response.text(), true)) return;
  const refusal = one("#agenda [data-refusal]");
  refusal.textContent = area().dataset.failed;
  refusal.hidden = false;
});
