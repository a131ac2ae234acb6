-- Agendas. A meeting has a template; each of its events has an agenda of its own, which begins as a copy
-- of that. A copy, and not a look at the template: so what an event had on its agenda stays with it when
-- the template changes later. An event ahead whose agenda is still the template, word for word, follows
-- a change of it; one that somebody edited does not. No column has to say which is which.
--
-- Both are Markdown as written, empty where there is none. The HTML is rendered at writing, never per
-- reader; it has a sign where the mark of each item is to stand (`domain/agenda.rs`). Agendas of events
-- from before have no HTML yet: NULL, and it is made when they are shown.
ALTER TABLE meeting ADD COLUMN agenda TEXT NOT NULL DEFAULT '';
ALTER TABLE meeting ADD COLUMN agenda_html TEXT NOT NULL DEFAULT '';
ALTER TABLE chat_event ADD COLUMN agenda_html TEXT;

-- Feeds tell who was at each event, and a room that is read anew asks for all of its people. The
-- two older indexes are partial, so that either had to look at every participant there is.
CREATE INDEX participant_of_event ON participant (event_id, joined_ts);
