-- How far the rows of an event are taken into the index of the search: up to this `ts`. The index follows the log a moment
-- behind, so that no message waits for it, and an event's head (`last_ts`) tells whether there is more to take in. The index
-- itself is made by the program (src/store/search/), for each engine has another kind; like this table it can be made again
-- from the rows at any time: after `DELETE FROM search_cursor` and `DELETE FROM search_row` the next start does that. No export has it.
CREATE TABLE search_cursor (
    event_id TEXT   NOT NULL PRIMARY KEY REFERENCES chat_event (id) ON DELETE CASCADE,
    ts       BIGINT NOT NULL
);
