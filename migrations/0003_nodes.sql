-- Several nodes on one database: each notes now and then whom it had a sign of life of, so that the others
-- do not take them for gone. NULL until then, and always where there is one node, which knows by itself.
ALTER TABLE participant ADD COLUMN seen_at BIGINT;
