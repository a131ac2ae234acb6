// Running the event without leaving its page: each form of the organizer's and of chairs is one call of the API.
import { refresh } from "../agenda/agenda.js";
import { call } from "../kit/api.js";
import { all, complain, one, say, show, words } from "../kit/dom.js";
import { markAll } from "../talk/people.js";
import * as stage from "../talk/stage.js";

const { dataset } = document.body;

function refuse(why) {
  say("[data-refused] p", why);
  show("[data-refused]", why !== "");
}

// Makes somebody a chair, or takes that back: the log tells of it, and the list goes by the log.
async function set(button) {
  button.disabled = true;
  const path = `/api/v1/events/${dataset.event}/participants/${button.value}/chair`;
  const result = await call(button.name === "seat" ? "PUT" : "DELETE", path, { body: {} }).catch(() => null);
  button.disabled = false;
  refuse(result?.status === 204 ? "" : result?.answer.detail ?? words.unanswered);
}

async function send(form, button) {
  const field = form.elements.reason;
  const body = { minutes: Number(button.value) || undefined, reason: field?.value };
  button.disabled = true;
  const result = await call("POST", `/api/v1/events/${dataset.event}/${form.dataset.run}`, { body }).catch(() => null);
  button.disabled = false;
  const { status, answer } = result ?? { answer: {} };
  const at = answer.errors?.[0];
  if (field) complain(field.id, at?.field === "reason" ? at.detail : "");
  refuse(status === 200 || at?.field === "reason" ? "" : at?.detail ?? answer.detail ?? words.unanswered);
  if (status !== 200) return field?.focus();
  all("details.menu[open], details.sure[open]").forEach((menu) => { menu.open = false; });
  stage.update(answer);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!form.dataset.run && form.id !== "seat") return;
  event.preventDefault();
  if (form.id === "seat") return set(submitter);
  send(form, submitter ?? one("button", form));
});

// Who is made a chair while the page is open may run the event from then on; where the right is a lasting one it stays.
export function seat(chair) {
  const runs = chair ? "chair" : "";
  if (dataset.runs === "yes" || dataset.runs === runs) return;
  dataset.runs = runs;
  markAll();
  refresh();
}
