// Running the event without leaving its page: each form of the organizer's and of chairs is one call of the API.
import { refresh } from "./agenda.js";
import { call } from "./api.js";
import { all, complain, one, say, show, words } from "./dom.js";
import * as stage from "./stage.js";

const { dataset } = document.body;

async function send(form, button) {
  const field = form.elements.reason;
  const body = { minutes: Number(button.value) || undefined, reason: field?.value };
  button.disabled = true;
  const result = await call("POST", `/api/v1/events/${dataset.event}/${form.dataset.run}`, { body }).catch(() => null);
  button.disabled = false;
  const { status, answer } = result ?? { answer: { detail: words.unanswered } };
  const at = answer.errors?.[0];
  if (field) complain(field.id, at?.field === "reason" ? at.detail : "");
  const refused = status === 200 || at?.field === "reason" ? "" : at?.detail ?? answer.detail ?? words.unanswered;
  say("[data-refused] p", refused);
  show("[data-refused]", refused !== "");
  if (status !== 200) return field?.focus();
  all("details.menu[open], details.sure[open]").forEach((menu) => { menu.open = false; });
  stage.update(answer);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.run) return;
  event.preventDefault();
  send(form, submitter ?? one("button", form));
});

// Who is made a chair while the page is open may run the event from then on; where the right is a lasting one it stays.
export function seat(chair) {
  const runs = chair ? "chair" : "";
  if (dataset.runs === "yes" || dataset.runs === runs) return;
  dataset.runs = runs;
  refresh();
}
