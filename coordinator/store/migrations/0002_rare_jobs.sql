-- Jobs that did not end well are few among many, and what people look for most. The condition stands in this form in the
-- SELECT too, or the planner does not know that the index fits. A job that succeeds never enters these.
CREATE INDEX job_rare_agent ON job (agent_row, state, row)
    WHERE (state = 'failed' OR state = 'canceled' OR state = 'unknown');
CREATE INDEX job_rare_name ON job (name, state, row)
    WHERE (state = 'failed' OR state = 'canceled' OR state = 'unknown');
CREATE INDEX job_rare_pool ON job (pool_row, state, row)
    WHERE (state = 'failed' OR state = 'canceled' OR state = 'unknown');
