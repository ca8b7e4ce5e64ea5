-- One database role per function, one for the local broker, one for operators at the command line. They can't log in and own nothing: a login user is made a member,
-- and each connection takes the role at its start (`options=-c role=...`).
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'raptor_ingress', 'raptor_route', 'raptor_execute_skill', 'raptor_bill',
    'raptor_phonepe_webhook', 'raptor_gst_invoice', 'raptor_scrape', 'raptor_broker', 'raptor_operator'
  ] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- roles belong to the cluster: another database of it has made them
    END;
  END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO
  raptor_ingress, raptor_route, raptor_execute_skill, raptor_bill,
  raptor_phonepe_webhook, raptor_gst_invoice, raptor_scrape, raptor_broker, raptor_operator;

-- The tenant and the user a transaction works for, set with SET LOCAL when `store` opens it.
CREATE FUNCTION app_workspace_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('app.workspace_id', true), '')::uuid;
CREATE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN NULLIF(current_setting('app.user_id', true), '')::uuid;
-- A transaction that looks across tenants for work to resume. Policies that allow it are for reading
-- (and for the outbox, deleting what was sent), never for writing a tenant's rows.
CREATE FUNCTION app_sweeping() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  RETURN current_setting('app.sweep', true) = 'on';

-- Row-level security as every tenant table has it: enabled, forced, one policy on the workspace, and
-- an operator's right to read while sweeping.
CREATE FUNCTION isolate_tenant(tbl regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tbl);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tbl);
  EXECUTE format(
    'CREATE POLICY tenant ON %s USING (workspace_id = app_workspace_id()) WITH CHECK (workspace_id = app_workspace_id())',
    tbl);
  EXECUTE format('CREATE POLICY operator ON %s FOR SELECT TO raptor_operator USING (app_sweeping())', tbl);
  EXECUTE format('GRANT SELECT ON %s TO raptor_operator', tbl);
END $$;
REVOKE ALL ON FUNCTION isolate_tenant(regclass) FROM PUBLIC;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
