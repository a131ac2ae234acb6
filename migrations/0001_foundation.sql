-- The first schema. One SQL text for every engine: TEXT and BIGINT only. Instants are microseconds
-- since 1970 UTC, and NULL says "not yet" or "never" where another schema would have a flag.

-- Who schedules meetings. `name_key` is the folded name, so that nobody signs up as a look-alike;
-- `password` is a PHC string that carries its own algorithm, salt and costs.
CREATE TABLE organizer (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    name_key   TEXT   NOT NULL UNIQUE,
    password   TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- A browser that is signed in. Only the hash of its secret is here, so that a copy of the database
-- signs nobody in. `used_at` moves on with use and decides when the sign-in ends.
CREATE TABLE session (
    hash         TEXT   NOT NULL PRIMARY KEY,
    organizer_id TEXT   NOT NULL REFERENCES organizer (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL
);

-- What a script shows to act for an organizer. Hashed for the same reason.
CREATE TABLE api_token (
    hash         TEXT   NOT NULL PRIMARY KEY,
    organizer_id TEXT   NOT NULL REFERENCES organizer (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL
);

-- What an organizer schedules. `starts` is a wall time (2026-11-24T18:00) on the clock of
-- `timezone`, because a weekly meeting keeps its wall time when the clocks change; `rrule` repeats
-- it (RFC 5545), NULL once only. `description_html` is rendered at writing, never per reader.
-- A deleted meeting stays: it can be restored, and its transcripts are kept.
CREATE TABLE meeting (
    id               TEXT   NOT NULL PRIMARY KEY,
    slug             TEXT   NOT NULL UNIQUE,
    organizer_id     TEXT   NOT NULL REFERENCES organizer (id),
    title            TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    description_html TEXT   NOT NULL,
    timezone         TEXT   NOT NULL,
    starts           TEXT   NOT NULL,
    duration_minutes BIGINT NOT NULL,
    rrule            TEXT,
    visibility       TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    deleted_at       BIGINT
);
CREATE INDEX meeting_of_organizer ON meeting (organizer_id);

-- Links that a meeting had before: they lead on to it for ever and are given to no other.
CREATE TABLE old_slug (
    slug       TEXT NOT NULL PRIMARY KEY,
    meeting_id TEXT NOT NULL REFERENCES meeting (id) ON DELETE CASCADE
);

-- One sitting of a meeting. Its phase is no column: it follows from the clock and these instants.
-- `key` is the date in its link and never changes. `original_start` is where the recurrence put it:
-- with it a moved or cancelled event is not made a second time. `opened_ts` and `closed_ts` say
-- that the row of that name is written, and when; they make each of them once. `last_ts` is the
-- head of the log: new rows come after it, whatever the clock says. `row_count` counts the rows
-- that everyone may see. `cancelled_with_meeting` is when its meeting was deleted, if that is why.
CREATE TABLE chat_event (
    id                     TEXT   NOT NULL PRIMARY KEY,
    meeting_id             TEXT   NOT NULL REFERENCES meeting (id) ON DELETE CASCADE,
    key                    TEXT   NOT NULL,
    title                  TEXT,
    agenda                 TEXT,
    opens_at               BIGINT NOT NULL,
    closes_at              BIGINT NOT NULL,
    original_start         BIGINT NOT NULL,
    opened_ts              BIGINT,
    closed_ts              BIGINT,
    cancelled_at           BIGINT,
    cancelled_with_meeting BIGINT,
    last_ts                BIGINT NOT NULL,
    row_count              BIGINT NOT NULL,
    UNIQUE (meeting_id, key),
    UNIQUE (meeting_id, original_start)
);
-- The next boundary is looked for among the events that have not closed: there are few.
CREATE INDEX chat_event_unfinished ON chat_event (opens_at) WHERE closed_ts IS NULL AND cancelled_at IS NULL;
CREATE INDEX chat_event_by_time ON chat_event (closes_at);
CREATE INDEX chat_event_of_meeting ON chat_event (meeting_id, opens_at);

-- A nickname in one event. The token is not here: it is the id, signed. `nick_key` folds case,
-- width and look-alikes, and is unique among those who are not gone. `join_nonce` makes a repeated
-- join the same participant. `away_ts`: timed out, `gone_ts`: left or removed.
CREATE TABLE participant (
    id         TEXT   NOT NULL PRIMARY KEY,
    event_id   TEXT   NOT NULL REFERENCES chat_event (id) ON DELETE CASCADE,
    nick       TEXT   NOT NULL,
    nick_key   TEXT   NOT NULL,
    join_nonce TEXT,
    joined_ts  BIGINT NOT NULL,
    away_ts    BIGINT,
    gone_ts    BIGINT
);
CREATE UNIQUE INDEX participant_nick ON participant (event_id, nick_key) WHERE gone_ts IS NULL;
CREATE UNIQUE INDEX participant_nonce ON participant (event_id, join_nonce) WHERE join_nonce IS NOT NULL;

-- One row a message. The primary key is the promise: `ts` is unique in its event, and reading an
-- event is one walk along it. `html` is rendered at writing. `nonce` makes a repeated post the same
-- row. `audience` is the only participant who may see the row; NULL: everyone.
CREATE TABLE chat_data (
    event_id       TEXT   NOT NULL REFERENCES chat_event (id) ON DELETE CASCADE,
    ts             BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    participant_id TEXT,
    nick           TEXT,
    text           TEXT   NOT NULL,
    html           TEXT   NOT NULL,
    nonce          TEXT,
    audience       TEXT,
    PRIMARY KEY (event_id, ts)
);
CREATE UNIQUE INDEX chat_data_nonce ON chat_data (participant_id, nonce) WHERE nonce IS NOT NULL;
