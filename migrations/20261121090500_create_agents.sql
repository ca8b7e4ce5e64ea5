-- Every version of a skill that an execution may have run, with the files it is compiled from: what was
-- planned with a version runs and is explained with it after the file has moved on. Belongs to no tenant.
CREATE TABLE agent_skills (
  skill_id text NOT NULL,
  content_hash text NOT NULL,
  version text NOT NULL,
  file text NOT NULL,                          -- campaign/diwali/SKILL.md
  sources jsonb NOT NULL,                      -- [{path, text}]: the skill, its partials, its schemas
  created_at timestamptz NOT NULL,
  published_at timestamptz,                    -- when it last became what the folder or bucket has; NULL for one that never did
  PRIMARY KEY (skill_id, content_hash)
);
GRANT SELECT, INSERT, UPDATE ON agent_skills TO raptor_route, raptor_ingress, raptor_execute_skill, raptor_operator;

-- Operators' words on which version is served where: they override the files.
CREATE TABLE skill_labels (
  skill_id text NOT NULL,
  label text NOT NULL CONSTRAINT skill_labels_label_known CHECK (label IN ('production', 'canary')),
  content_hash text NOT NULL,
  instead_of text,                             -- production: the published version it stands in for; lapses with the next one
  workspaces uuid[] NOT NULL DEFAULT '{}',     -- canary: who gets it, by name
  percent integer NOT NULL DEFAULT 0 CONSTRAINT skill_labels_percent_bound CHECK (percent BETWEEN 0 AND 100),
  note text NOT NULL DEFAULT '',
  set_at timestamptz NOT NULL,
  PRIMARY KEY (skill_id, label),
  FOREIGN KEY (skill_id, content_hash) REFERENCES agent_skills (skill_id, content_hash),
  CONSTRAINT skill_labels_instead_of_production CHECK ((label = 'production') = (instead_of IS NOT NULL))
);
CREATE INDEX skill_labels_version_idx ON skill_labels (skill_id, content_hash);
GRANT SELECT ON skill_labels TO raptor_route, raptor_ingress, raptor_execute_skill;
GRANT SELECT, INSERT, UPDATE, DELETE ON skill_labels TO raptor_operator;

-- The agents of a workspace: the Council of Lords is seeded when it is created.
CREATE TABLE agents (
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  agent_key text NOT NULL,
  title text NOT NULL,
  guild text NOT NULL,
  lord text,
  skill_id text,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, agent_key)
);
SELECT isolate_tenant('agents');
GRANT SELECT, INSERT, UPDATE ON agents TO raptor_route;
GRANT SELECT ON agents TO raptor_ingress;

-- Typed records that tools read and write: leads, competitors, findings.
CREATE TABLE records (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  kind text NOT NULL,
  natural_key text NOT NULL,
  data jsonb NOT NULL,
  execution_id uuid,                           -- what wrote it last
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX records_natural_key ON records (workspace_id, kind, natural_key);
CREATE TRIGGER records_touch BEFORE UPDATE ON records FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
SELECT isolate_tenant('records');
GRANT SELECT, INSERT, UPDATE ON records TO raptor_execute_skill;
GRANT SELECT ON records TO raptor_ingress;

-- Who did what: people through the API, agents through tools. Append only.
CREATE TABLE audit_logs (
  id uuid PRIMARY KEY,                         -- UUIDv7: its month is its partition
  workspace_id uuid NOT NULL,
  actor_user_id uuid,
  agent text,                                  -- the skill that called a tool
  action text NOT NULL,                        -- 'tool.call', 'auth.login', 'member.add'
  resource text NOT NULL DEFAULT '',
  execution_id uuid,
  step integer,
  input jsonb,
  output jsonb,
  ok boolean NOT NULL,
  error_code text,
  cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
  duration_ms integer,
  ip_address text,
  user_agent text,
  correlation_id text,
  at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX audit_logs_workspace_idx ON audit_logs (workspace_id, at);
SELECT isolate_tenant('audit_logs');
GRANT INSERT ON audit_logs TO raptor_ingress, raptor_route, raptor_execute_skill, raptor_bill;

-- What an agent may find again by meaning. The model and its dimension stand beside each vector.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE memory_embeddings (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  source_kind text NOT NULL,
  source_id text NOT NULL,
  model text NOT NULL,
  dimension integer NOT NULL CONSTRAINT memory_embeddings_dimension CHECK (dimension = 768),
  embedding vector(768) NOT NULL,
  content text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX memory_embeddings_hnsw ON memory_embeddings USING hnsw (embedding vector_cosine_ops);
CREATE UNIQUE INDEX memory_embeddings_source_key ON memory_embeddings (workspace_id, source_kind, source_id, model);
SELECT isolate_tenant('memory_embeddings');
GRANT SELECT, INSERT, UPDATE, DELETE ON memory_embeddings TO raptor_execute_skill;
