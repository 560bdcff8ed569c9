CREATE TABLE idcode_lock (
    directory VARCHAR(200) NOT NULL,
    run_id VARCHAR(40) NOT NULL,
    owner TEXT NOT NULL,
    place TEXT NOT NULL,
    pid INTEGER NOT NULL,
    acquired_at VARCHAR(40) NOT NULL,
    PRIMARY KEY (directory)
);

CREATE TABLE idcode_run (
    run_id VARCHAR(40) NOT NULL,
    plan_id VARCHAR(80) NOT NULL,
    kind VARCHAR(10) NOT NULL,
    rolls_back VARCHAR(40),
    status VARCHAR(20) NOT NULL,
    started_at VARCHAR(40) NOT NULL,
    finished_at VARCHAR(40),
    config_digest VARCHAR(80) NOT NULL,
    as_of VARCHAR(40) NOT NULL,
    actor TEXT NOT NULL,
    host TEXT NOT NULL,
    message TEXT,
    counts JSON NOT NULL,
    overrides JSON NOT NULL,
    "plan" JSON NOT NULL,
    PRIMARY KEY (run_id),
    UNIQUE (plan_id)
);

CREATE TABLE idcode_schema (
    version INTEGER NOT NULL,
    PRIMARY KEY (version)
);

CREATE TABLE idcode_change (
    run_id VARCHAR(40) NOT NULL,
    change_id VARCHAR(80) NOT NULL,
    "key" VARCHAR(80) NOT NULL,
    batch INTEGER NOT NULL,
    directory TEXT NOT NULL,
    address TEXT NOT NULL,
    op VARCHAR(20) NOT NULL,
    status VARCHAR(20) NOT NULL,
    message TEXT,
    anchor TEXT,
    intended JSON,
    live JSON,
    at VARCHAR(40) NOT NULL,
    PRIMARY KEY (run_id, change_id),
    FOREIGN KEY(run_id) REFERENCES idcode_run (run_id)
);

CREATE TABLE idcode_write (
    run_id VARCHAR(40) NOT NULL,
    write_id VARCHAR(80) NOT NULL,
    change_id VARCHAR(80) NOT NULL,
    position INTEGER NOT NULL,
    batch INTEGER NOT NULL,
    directory TEXT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    request JSON NOT NULL,
    "before" JSON NOT NULL,
    intent_at VARCHAR(40) NOT NULL,
    outcome VARCHAR(20),
    code TEXT,
    message TEXT,
    anchor TEXT,
    outcome_at VARCHAR(40),
    PRIMARY KEY (run_id, write_id),
    FOREIGN KEY(run_id) REFERENCES idcode_run (run_id)
);

INSERT INTO idcode_schema (version) VALUES (1);
