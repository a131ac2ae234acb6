-- What calendars are told beside the schedule itself. `revision` counts the changes that a calendar has to
-- take over (SEQUENCE, RFC 5545, section 3.8.7.4): title, times, rule, cancellation, restoration.
-- `changed_at` is when anything that calendars show changed last; 0 in rows of an older Gavel, which did
-- not note it: then the meeting's `created_at` stands for it.
ALTER TABLE meeting ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE meeting ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chat_event ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chat_event ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;

-- A feed over many meetings asks for the latest change of all; without these it would read every row.
CREATE INDEX meeting_by_change ON meeting (changed_at);
CREATE INDEX chat_event_by_change ON chat_event (changed_at);

-- The address of an organizer's private feed is an HMAC over their id and this number: nothing secret is
-- kept here, and one more makes the old address a dead one.
ALTER TABLE organizer ADD COLUMN feed_version BIGINT NOT NULL DEFAULT 0;
