-- What events say of actions, so that nobody has to fold a meeting's whole past to know which are open. It is derived from the log
-- and the corrections of events that closed, which are the truth, and made by the first who asks behind the close: from then on
-- neither rows nor people of an event change. What does change its minutes (a redaction, a correction) takes `actions_made` away
-- in the same transaction, and the next who asks makes the rows anew. Like the index of the search no export has it.
--
-- A row for each word on an action: where it is given, and where a later event goes on with it or ends it. `given_ts` is the row
-- that gave it, by which all events call it; an event never needs to know what another one says. `text` is NULL where the words
-- stay as they were; `assignees` are those of this event who stand in them, a line each: the
-- nickname, and behind a tab the other name that they gave.
CREATE TABLE action_word (
    event_id  TEXT   NOT NULL REFERENCES chat_event (id) ON DELETE CASCADE,
    ts        BIGINT NOT NULL,
    given_ts  BIGINT NOT NULL,
    step      TEXT   NOT NULL,
    text      TEXT,
    assignees TEXT   NOT NULL,
    PRIMARY KEY (event_id, ts)
);
-- All that was said of one action, in whichever events.
CREATE INDEX action_word_given ON action_word (given_ts);

-- When the words of an event that closed were taken from its log; NULL: they are to be.
ALTER TABLE chat_event ADD COLUMN actions_made BIGINT;
-- Nearly always empty: the events that closed since somebody asked.
CREATE INDEX chat_event_unmade ON chat_event (meeting_id, opens_at) WHERE closed_ts IS NOT NULL AND actions_made IS NULL;
