-- A tier is data: what it costs, what it allows.
CREATE TABLE plans (
  tier text PRIMARY KEY CONSTRAINT plans_tier_known CHECK (tier IN ('starter', 'growth', 'agency', 'enterprise')),
  price_inr numeric(12, 2) NOT NULL,           -- a month, without GST
  limit_usd numeric(12, 6) NOT NULL,           -- model spend a month
  limit_tokens bigint,                         -- a month; NULL is unlimited
  features text[] NOT NULL DEFAULT '{}'
);
INSERT INTO plans (tier, price_inr, limit_usd, limit_tokens, features) VALUES
  ('starter', 2999, 10, 100000, '{basic_research}'),
  ('growth', 9999, 25, 500000, '{all_research,basic_automation}'),
  ('agency', 24999, 50, 2000000, '{all_features,api_access}'),
  ('enterprise', 99999, 500, NULL, '{everything}');
GRANT SELECT ON plans TO raptor_ingress, raptor_route, raptor_bill, raptor_operator;

-- A person. Belongs to no tenant: only ingress may read it.
CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL,
  phone text,
  password_hash text,                          -- argon2id; NULL when the person signs in elsewhere
  name text NOT NULL DEFAULT '',
  india_specific boolean NOT NULL DEFAULT true,
  gst_enabled boolean NOT NULL DEFAULT false,
  state_code text CONSTRAINT users_state_code_shape CHECK (state_code ~ '^[0-9]{2}$'),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_lower CHECK (email = lower(email) AND length(email) <= 255)
);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE UNIQUE INDEX users_phone_key ON users (phone);
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
GRANT SELECT, INSERT, UPDATE ON users TO raptor_ingress;

-- The tenant. Deleting a user never deletes it: its invoices must outlive its owner.
CREATE TABLE workspaces (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  owner_id uuid NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
  name text NOT NULL CONSTRAINT workspaces_name_length CHECK (length(name) BETWEEN 1 AND 255),
  slug text NOT NULL,
  tier text NOT NULL DEFAULT 'starter' REFERENCES plans (tier),
  region text NOT NULL DEFAULT 'IN',
  access text NOT NULL DEFAULT 'full' CONSTRAINT workspaces_access_known CHECK (access IN ('full', 'read_only', 'paused')),
  settings jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX workspaces_slug_key ON workspaces (slug);
CREATE INDEX workspaces_owner_id_idx ON workspaces (owner_id);
CREATE INDEX workspaces_tier_idx ON workspaces (tier);
CREATE TRIGGER workspaces_touch BEFORE UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE workspace_members (
  workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role text NOT NULL CONSTRAINT workspace_members_role_known
    CHECK (role IN ('owner', 'admin', 'operator', 'analyst', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX workspace_members_user_id_idx ON workspace_members (user_id, created_at);
SELECT isolate_tenant('workspace_members');
-- A person may see which workspaces they are in, before one is chosen.
CREATE POLICY own_memberships ON workspace_members FOR SELECT TO raptor_ingress USING (user_id = app_user_id());
GRANT SELECT, INSERT, UPDATE, DELETE ON workspace_members TO raptor_ingress;

-- Its own id is its tenant, so `isolate_tenant` does not fit.
ALTER TABLE workspaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspaces FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON workspaces USING (id = app_workspace_id()) WITH CHECK (id = app_workspace_id());
CREATE POLICY own_workspaces ON workspaces FOR SELECT TO raptor_ingress USING (
  EXISTS (SELECT FROM workspace_members m WHERE m.workspace_id = workspaces.id AND m.user_id = app_user_id()));
GRANT SELECT, INSERT, UPDATE ON workspaces TO raptor_ingress;
GRANT SELECT ON workspaces TO raptor_route, raptor_bill;
CREATE POLICY operator ON workspaces FOR SELECT TO raptor_operator USING (app_sweeping());
GRANT SELECT ON workspaces TO raptor_operator;

-- Refresh tokens by hash. A family is one sign-in; using a spent token again revokes the family.
CREATE TABLE refresh_tokens (
  token_hash bytea PRIMARY KEY,
  family_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  spent_at timestamptz,
  revoked_at timestamptz,
  user_agent text NOT NULL DEFAULT ''
);
CREATE INDEX refresh_tokens_family_id_idx ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user_id_idx ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires_at_idx ON refresh_tokens (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON refresh_tokens TO raptor_ingress;

-- Two buckets a window make a sliding one. Losing them in a crash only forgives: no log is written.
CREATE UNLOGGED TABLE rate_limits (
  subject text NOT NULL,
  class text NOT NULL,
  bucket bigint NOT NULL,                      -- unix seconds / window
  count integer NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (subject, class, bucket)
);
CREATE INDEX rate_limits_expires_at_idx ON rate_limits (expires_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO raptor_ingress;
