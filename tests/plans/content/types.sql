-- 1, 2 and 5 fit the filters of plan 34, 3 and 4 do not.
INSERT INTO "Types" (id, json, "jsonPlain", "strL", "intL", "roleL", dec) VALUES
  (1, '{"a": {"b": 1}}', 'null', '{a,b}', '{}', '{admin_value}', 1),
  (2, '{"a": "has x"}', NULL, '{b,a}', '{}', '{USER,admin_value}', 123.45),
  (3, '{"a": "none"}', '1', '{a,b}', '{}', '{admin_value}', 1),
  (4, NULL, NULL, '{a}', '{}', '{admin_value}', 1),
  (5, NULL, '{}', '{c,b,a}', '{}', '{admin_value}', 1);
ALTER SEQUENCE "Types_id_seq" RESTART 101;
