-- The wall time (2026-11-24T18:00:00) for which an event stands, on the clock of its meeting: what the timetable or a date
-- of the meeting asks for. `original_start` is the instant that came of it, by the zones' data of that day. When other data
-- come with a newer Gavel, instants ahead are made anew from here. NULL: added beside a rule, at an instant of its own, or
-- from before there was this column; then the timetable is searched for the start that it may stand for.
ALTER TABLE chat_event ADD COLUMN wall TEXT;

-- The agenda as it was before its last change, so that this change can be taken back however long it is. Who undoes it names
-- the version that is to go; so it never takes back what somebody else did. Empty: there was none. NULL: it never changed.
ALTER TABLE chat_event ADD COLUMN agenda_before TEXT;
