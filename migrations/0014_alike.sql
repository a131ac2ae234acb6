-- Which nicknames look alike is no longer decided by one key. "Ian" is like "ian" and like "lan", and these two are different
-- people, so no key can be unique. `nick_key` and now `nick_written` find the nicknames that may be alike, and the transaction
-- of a join compares them while it holds the event. The program fills both keys for events that have not closed.
DROP INDEX participant_nick;
ALTER TABLE participant ADD COLUMN nick_written TEXT NOT NULL DEFAULT '';
CREATE INDEX participant_nick ON participant (event_id, nick_key) WHERE gone_ts IS NULL;
CREATE INDEX participant_nick_written ON participant (event_id, nick_written) WHERE gone_ts IS NULL;
