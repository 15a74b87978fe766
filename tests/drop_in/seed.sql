-- What the program had stored before it moved.
INSERT INTO organisations (id, created_at, name, domains, settings) VALUES
  ('clm5f0q1x0000ab12cd34ef56', '2023-09-14 09:00:00.123', 'Acme', '{acme.example}', '{"rate": "120.50", "language": "de"}');
INSERT INTO people (id, created_at, updated_at, email, name, organisation_id) VALUES
  ('clm5f0q1x0001ab12cd34ef56', '2023-09-14 09:00:01', '2023-09-14 09:00:01', 'grace@acme.example', 'Grace', 'clm5f0q1x0000ab12cd34ef56');
INSERT INTO logins (person_id, secret) VALUES ('clm5f0q1x0001ab12cd34ef56', '\x00ff10');
INSERT INTO tickets (created_at, updated_at, subject, body, status, priority, minutes, views, reporter_id) VALUES
  ('2023-10-01 10:30:00.5', '2023-10-02 10:00:00', 'Printer on fire', 'smoke and flames', 'SOLVED', 'HIGH', 45, 4294967296, 'clm5f0q1x0001ab12cd34ef56'),
  ('2023-10-03 08:00:00', '2023-10-03 08:00:00', 'No paper', 'the tray is empty', 'OPEN', 'LOW', 0, 2, 'clm5f0q1x0001ab12cd34ef56');
INSERT INTO labels (name) VALUES ('hardware'), ('urgent');
INSERT INTO "_LabelToTicket" ("A", "B") VALUES (1, 1), (2, 1), (1, 2);
INSERT INTO audit_entries (at, action, details, ticket_id) VALUES ('2023-10-01 10:30:00.5', 'reported', '{"labels": ["hardware", "urgent"]}', 1);
