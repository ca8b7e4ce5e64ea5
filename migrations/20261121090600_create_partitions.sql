-- The smallest UUIDv7 of a moment.
CREATE FUNCTION uuidv7_floor(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Makes the monthly partitions (UTC months) of the big append-only tables, from last month to
-- `months_ahead` from now. Runs as the owner, so that bill's daily schedule may call it. Answers how
-- many it made; running it twice makes none.
CREATE FUNCTION make_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  parent text;
  month timestamptz;
  part text;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('make_partitions'));
  FOREACH parent IN ARRAY ARRAY['execution_events', 'cost_logs', 'ledger_entries', 'audit_logs'] LOOP
    FOR offset_months IN -1 .. months_ahead LOOP
      month := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => offset_months)) AT TIME ZONE 'UTC';
      part := format('%s_y%s', parent, to_char(month AT TIME ZONE 'UTC', 'YYYY"m"MM'));
      IF to_regclass('public.' || part) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', part, parent,
          public.uuidv7_floor(month),
          public.uuidv7_floor((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
        -- Nobody is granted a partition, and without a policy nobody could read one directly.
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part);
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions(integer) TO raptor_bill;
SELECT make_partitions(6);
