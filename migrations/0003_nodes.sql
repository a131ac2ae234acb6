-- Several nodes on one database: each notes now and then whom it had a sign of life of, so that the others
-- do not take them for gone. NULL until then, and always where there is one node, which knows by itself.
ALTER TABLE participant ADD COLUMN seen_at BIGINT;

-- What all nodes must have in common without the database knowing it: `secret_key`, as a hash. A node with
-- another key would take the others' participants for strangers.
CREATE TABLE agreed (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
