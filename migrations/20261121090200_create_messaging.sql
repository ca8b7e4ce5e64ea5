-- Messages that follow from committed changes. A row goes when its publish is confirmed; a row that
-- stays is sent again by its sender's sweep. No foreign key: the row lives for milliseconds and its
-- workspace was checked by the same transaction.
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL,
  sender text NOT NULL,
  topic text NOT NULL,
  kind text NOT NULL,
  version integer NOT NULL,
  correlation_id text NOT NULL,
  traceparent text,
  data bytea NOT NULL,
  created_at timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
SELECT isolate_tenant('outbox');
CREATE POLICY resend ON outbox FOR SELECT USING (app_sweeping());
CREATE POLICY sent ON outbox FOR DELETE USING (app_sweeping());
GRANT SELECT, INSERT, DELETE ON outbox TO raptor_ingress, raptor_route, raptor_execute_skill, raptor_bill;
GRANT SELECT, DELETE ON outbox TO raptor_broker;

-- Messages that ran out of retries: listed and replayed by an operator.
CREATE TABLE dead_letters (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  subscription text NOT NULL,
  message_id text NOT NULL,
  workspace_id uuid,                           -- NULL when the message doesn't say
  attributes jsonb NOT NULL,
  data bytea NOT NULL,
  attempts integer NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  replayed_at timestamptz,
  UNIQUE (subscription, message_id)
);
CREATE INDEX dead_letters_open_idx ON dead_letters (created_at) WHERE replayed_at IS NULL;

-- Messages that can never be handled: recorded, then acknowledged.
CREATE TABLE rejected_messages (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  subscription text NOT NULL,
  message_id text NOT NULL,
  workspace_id uuid,
  attributes jsonb NOT NULL,
  data bytea NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (subscription, message_id)
);

-- Functions write these two and never read them: an operator does, as the owner.
DO $$
DECLARE
  tbl text;
BEGIN
  FOREACH tbl IN ARRAY ARRAY['dead_letters', 'rejected_messages'] LOOP
    PERFORM isolate_tenant(tbl::regclass);
    EXECUTE format('CREATE POLICY written ON %I FOR INSERT WITH CHECK (app_sweeping())', tbl);
    EXECUTE format('GRANT INSERT ON %I TO raptor_ingress, raptor_route, raptor_execute_skill, raptor_bill, raptor_broker', tbl);
  END LOOP;
END $$;

-- Replaying a dead letter puts its message back in the outbox of the function that sent it.
CREATE POLICY replayed ON dead_letters FOR UPDATE TO raptor_operator USING (app_sweeping());
GRANT UPDATE (replayed_at) ON dead_letters TO raptor_operator;
GRANT INSERT ON outbox TO raptor_operator;
