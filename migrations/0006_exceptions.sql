-- A meeting whose times changed on the way keeps its one link, and what held before the change is kept here:
-- "this and following" ends a timetable before one of its events, a change of all ends it with the present.
-- The columns of the meeting itself are its last timetable; these are those before it, oldest first, one a
-- line: the instant from which on the next one holds, zone, start, minutes, and the rule if there is one. They are
-- read and written with their row and looked for by nobody, so they are a text and no table. NULL: none.
ALTER TABLE meeting ADD COLUMN earlier TEXT;
