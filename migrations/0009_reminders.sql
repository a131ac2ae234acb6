-- Reminders by mail, for readers who have no account. One row an address and meeting. An unconfirmed one
-- is forgotten after two days, and a row goes as soon as its reader says so: no address is kept that
-- nobody wants mail at. The links in mails are the id, signed; nothing secret is here.
-- `day_from` and `hour_from` say since when a mail is wanted 24 hours and one hour before each event.
CREATE TABLE reminder (
    id           TEXT   NOT NULL PRIMARY KEY,
    meeting_id   TEXT   NOT NULL REFERENCES meeting (id) ON DELETE CASCADE,
    email        TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    confirmed_at BIGINT,
    day_from     BIGINT,
    hour_from    BIGINT
);
-- Servers of mail take Ada@ and ada@ for one; addresses are ASCII, so all databases agree on what is lower.
CREATE UNIQUE INDEX reminder_address ON reminder (meeting_id, lower(email));
CREATE INDEX reminder_unconfirmed ON reminder (created_at) WHERE confirmed_at IS NULL;

-- What the readers of a meeting know of its events of the coming days: from the page where they asked for
-- reminders, or from the last mail about changes. Beside the event's own row it tells what is news. An
-- event may be dropped from the schedule, which is news, too, so this does not refer to it.
-- `day_at` and `hour_at` are when the mails before this start were put into `mail`, which is done once.
CREATE TABLE announced (
    event_id     TEXT   NOT NULL PRIMARY KEY,
    meeting_id   TEXT   NOT NULL REFERENCES meeting (id) ON DELETE CASCADE,
    title        TEXT   NOT NULL,
    opens_at     BIGINT NOT NULL,
    closes_at    BIGINT NOT NULL,
    cancelled_at BIGINT,
    day_at       BIGINT,
    hour_at      BIGINT
);
CREATE INDEX announced_of_meeting ON announced (meeting_id);

-- Mails to be sent, and those sent lately. The id is made of what a mail is about, so that a second one
-- about the same finds it taken; hashed, it is the mail's Message-ID. Whoever sends a mail first puts off
-- `due_at` by more than that takes, in one statement that only one node wins. Should the node die, the mail
-- is simply due again. `until_at` is when it would come too late; of a reminder that is the start it tells.
-- `detail` is what the mail says that no other row does: old times, or the choice to be confirmed.
CREATE TABLE mail (
    id          TEXT   NOT NULL PRIMARY KEY,
    reminder_id TEXT   NOT NULL REFERENCES reminder (id) ON DELETE CASCADE,
    what        TEXT   NOT NULL,
    event_id    TEXT   REFERENCES chat_event (id) ON DELETE CASCADE,
    detail      TEXT,
    due_at      BIGINT NOT NULL,
    until_at    BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    sent_at     BIGINT,
    failed_at   BIGINT
);
CREATE INDEX mail_due ON mail (due_at) WHERE sent_at IS NULL AND failed_at IS NULL;
CREATE INDEX mail_of_reminder ON mail (reminder_id);
CREATE INDEX mail_of_event ON mail (event_id);
