-- Minutes are a fold over the rows that carry a command, and kept nowhere. `tag` says which command a row is, and NULL that it is
-- none: whether it was one depended on who wrote it and on the rows before it, so it is decided in the transaction that writes
-- the row and never again. It stays when the row is redacted, for `#undo` goes by places.
ALTER TABLE chat_data ADD COLUMN tag TEXT;

-- The fold reads these few among all rows of an event. Whether minutes that were made before still hold is told by how many
-- there are, the newest, and how many are redacted (`hash`): all of it stands in the index.
CREATE INDEX chat_data_tagged ON chat_data (event_id, ts, hash) WHERE tag IS NOT NULL;

-- What an organizer corrects after the close, when the log takes no rows any more: it lies beside the log, outside cursor and
-- digest, and says who did it and when. `ts` is the item's row; `text` its new words, NULL where it is taken out. Nothing here
-- is changed or deleted: the last correction of an item holds.
CREATE TABLE minutes_correction (
    event_id     TEXT   NOT NULL REFERENCES chat_event (id) ON DELETE CASCADE,
    ts           BIGINT NOT NULL,
    made_at      BIGINT NOT NULL,
    organizer_id TEXT   NOT NULL REFERENCES organizer (id),
    text         TEXT,
    PRIMARY KEY (event_id, ts, made_at)
);
