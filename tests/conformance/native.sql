-- What every case on the schema of native types starts from; runs again after each case that has changed something.
DELETE FROM "Lists"; DELETE FROM "Native"; DELETE FROM "Default"; DELETE FROM archive."Native"; DELETE FROM archive.leaves;
DELETE FROM "mapped table"; DELETE FROM "Partial";

INSERT INTO "Native" (id, text, varchar, "char", uuid, inet, bit, varbit, boolean, integer, "smallInt", oid, "bigInt", double, float4, numeric, fixed, money, "timestamp", timestamp0, timestamp6, timestamptz, timestamptz3, date, "time", time3, timetz, jsonb, "jsonText", bytea, colour, "ownerId") VALUES
  (1, 'a', 'a', 'a', '6a46cff0-5e91-40f0-bb9d-2be0817afc74', '10.0.0.0/8', '0101', '1', true, 1, 1, 1, 1, 1, 1, 1, 1, 1, '2020-01-01', '2020-01-01', '2020-01-01', '2020-01-01 00:00:00+00', '2020-01-01 00:00:00+00', '2020-01-01', '12:00:00', '12:00:00', '12:00:00+00', '{"b": 1, "a": [1]}', '{"b": 1, "a": [1]}', '\x00', 'RED', NULL),
  (2, '', 'é', 'abcde', '00000000-0000-0000-0000-000000000000', '::1', '1111', '', false, -2147483648, -32768, 0, -9223372036854775808, 0.1, 0.1, 0.1234567890123456789012345678901234567890, 99999999.9999, -0.50, '1969-12-31 23:59:59.999', '1969-12-31 23:59:59', '9999-12-31 23:59:59.999', '0001-01-01 00:00:00+00', '2024-02-29 23:59:58.123+00', '2024-02-29', '23:59:59.999', '23:59:59.999', '00:00:00+00', 'null', '"x"', '', 'green one', 1),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO "Lists" (id, text, varchar, "char", uuid, inet, bit, varbit, boolean, integer, "smallInt", oid, "bigInt", double, float4, numeric, fixed, timestamp6, timestamptz, timestamptz3, date, "time", jsonb, "jsonText", bytea, colour, "ownerId") VALUES
  (1, '{a,b}', '{a}', '{a}', '{6a46cff0-5e91-40f0-bb9d-2be0817afc74}', '{10.0.0.0/8,::1}', '{0101}', '{1,10}', '{true,false}', '{1,2}', '{1}', '{1}', '{1,9223372036854775807}', '{1,0.1}', '{0.1}', '{1.50,0.1}', '{1.5}', '{2020-01-01}', '{2020-01-01 00:00:00+00}', '{2020-01-01 00:00:00+00}', '{2020-01-01}', '{12:00}', '{"{\"a\": 1}",2}', '{"{\"a\": 1}",2}', '{"\\x00ff"}', '{RED,"green one"}', 1),
  (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO "mapped table" ("the first", "SELECT", "third's", "4th", couleur) VALUES
  (1, 'a', '6a46cff0-5e91-40f0-bb9d-2be0817afc74', 1, 'RED'), (1, 'b', '6a46cff0-5e91-40f0-bb9d-2be0817afc74', NULL, 'Ciel "bleu"'), (2, 'a', '00000000-0000-0000-0000-000000000000', 2, 'green one');
INSERT INTO archive.leaves ("leaf id", "parent first", "parent second") VALUES (1, 1, 'a'), (2, 1, 'b'), (3, NULL, NULL);
INSERT INTO archive."Native" (id, day, "leafId", kind) VALUES (1, '2020-01-01', 1, 'NEW'), (9007199254740993, '2020-01-01', NULL, 'vieux');
INSERT INTO "Partial" (id, visible, secret, place) VALUES (1, 'v', 's', '(1,2)'), (2, 'w', NULL, NULL);

SELECT setval('"Native_id_seq"', 100), setval('"Lists_id_seq"', 100), setval('"Default_id_seq"', 100),
  setval('"Default_number_seq"', 100), setval('archive."leaves_leaf id_seq"', 100), setval('archive."Native_id_seq"', 100), setval('"Partial_id_seq"', 100);
