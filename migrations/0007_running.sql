-- Running an event to time. A chair is a participant who may do so: `chair_ts` is when they became one,
-- NULL for everybody else.
ALTER TABLE participant ADD COLUMN chair_ts BIGINT;

-- Who comes in by a meeting's chair link is a chair. What is secret in that link is an HMAC over the meeting
-- and this number: nothing of it is kept here, and one more makes the old link a dead one.
ALTER TABLE meeting ADD COLUMN chair_version BIGINT NOT NULL DEFAULT 0;

-- The room warns some minutes before its end. Which of these moments are due follows from `closes_at`; those
-- up to `warned_ts` are done with, each written or passed over. It makes every warning one, whoever comes first.
ALTER TABLE chat_event ADD COLUMN warned_ts BIGINT NOT NULL DEFAULT 0;

-- Why an event was cancelled, in the words of whoever did; NULL where they gave none, or where it is not.
ALTER TABLE chat_event ADD COLUMN cancel_reason TEXT;

-- The next warning is looked for among the rooms that are open: there are few. No column of it moves with a message.
CREATE INDEX chat_event_running ON chat_event (closes_at) WHERE opened_ts IS NOT NULL AND closed_ts IS NULL AND cancelled_at IS NULL;
