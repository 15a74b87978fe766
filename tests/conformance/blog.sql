-- What every case on the blog schema starts from; runs again after each case that has changed something.
DELETE FROM "_CategoryToPost"; DELETE FROM "Post"; DELETE FROM "Profile"; DELETE FROM users;
DELETE FROM "Category"; DELETE FROM "Seat"; DELETE FROM "Membership"; DELETE FROM "Types";

INSERT INTO users (id, email, full_name, role, age, score, active, joined, changed, settings, tags, "managerId") VALUES
  (1, 'ada@example.org', 'Ada', 'administrator', 36, 1.5, true, '2020-01-01 10:00:00', '2021-01-01', '{"theme": "dark", "n": [1, 2]}', '{a,b}', NULL),
  (2, 'bob@example.org', 'Bob', 'READER', 20, 0, true, '2020-01-02 10:00:00.123', '2021-01-02', '[1, 2, 3]', '{}', 1),
  (3, 'eve@example.org', NULL, 'WRITER', NULL, -2.25, false, '2020-01-03', '2021-01-03', NULL, '{b}', 1),
  (4, 'Zoë_100%@example.org', 'zoë', 'READER', 20, 1.5, false, '1969-12-31 23:59:59.999', '2021-01-04', '"text"', '{B,"with ,comma"}', 2),
  (5, 'dan\o''neil@example.org', 'Dan O''Neil', 'WRITER', 99, 1e100, true, '2020-01-03', '2021-01-05', 'null', NULL, 2),
  (6, 'lee@example.org', '', 'READER', 0, 0, true, '2020-02-29 12:00:00', '2021-01-06', 'true', '{a}', 5);
INSERT INTO "Profile" (id, bio, "userId") VALUES ('profile-1', 'first', 1), ('profile-2', 'second', 2), ('profile-5', '', 5);
INSERT INTO "Post" (id, title, views, published, created, "authorId") VALUES
  ('post-01', 'Hello', 10, true, '2022-01-01', 1), ('post-02', 'World', 0, false, '2022-01-02', 1),
  ('post-03', 'hello again', 5, true, '2022-01-03', 1), ('post-04', 'Bob writes', 10, true, '2022-01-04', 2),
  ('post-05', 'Hello', 7, false, '2022-01-05', 2), ('post-06', 'Unowned', 3, true, '2022-01-06', NULL),
  ('post-07', '100% _sure\', 1, true, '2022-01-07', 3), ('post-08', 'Ümlaut', -4, false, '2022-01-08', 4),
  ('post-09', '', 0, false, '2022-01-09', 4), ('post-10', 'Last', 2147483647, true, '2022-01-10', 5),
  ('post-11', 'Unowned', 3, false, '2022-01-11', NULL);
INSERT INTO "Category" (id, name) VALUES (1, 'news'), (2, 'code'), (3, 'art'), (4, 'empty'), (5, 'Misc');
INSERT INTO "_CategoryToPost" ("A", "B") VALUES
  (1, 'post-01'), (2, 'post-01'), (3, 'post-01'), (1, 'post-02'), (2, 'post-04'), (5, 'post-04'), (3, 'post-06'), (5, 'post-10'), (1, 'post-10');
INSERT INTO "Seat" ("row", number, holder) VALUES
  (1, 1, 'ada'), (1, 2, NULL), (2, 1, 'bob'), (2, 2, 'ada'), (2, 3, NULL), (3, 1, '');
INSERT INTO "Types" (id, text, whole, big, "real", exact, truth, moment, document, raw, role, texts, wholes, bigs, reals, truths, moments, documents, roles) VALUES
  (1, 'plain', 1, 1, 1, 1, true, '2020-01-01', '{"a": 1}', '\x00ff', 'READER', '{a,b}', '{1,2}', '{1,2}', '{1,0.5}', '{true,false}', '{2020-01-01,2021-06-01 12:30:00.5}', '{"{\"a\": 1}",2}', '{READER,administrator}'),
  (2, 'Éclair 🧑', -2147483648, 9223372036854775807, 0.1, 12345678901234567890.123456789, false, '2024-02-29 23:59:59.999', '[1, null, "x"]', '', 'administrator', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
  (3, '', 0, 0, 0, 0, false, '1970-01-01', '"text"', '\x27', 'WRITER', '{"",b}', '{0}', '{9223372036854775807}', '{0.1}', '{true}', '{1970-01-01}', '{"null",[]}', '{WRITER}'),
  (4, '50%_\ ''"', 2147483647, -9223372036854775808, -1e300, -0.000000001, true, '0001-01-01', 'null', '\xdeadbeef', 'READER', '{"50%"}', '{-1,2147483647,1}', '{-9223372036854775808}', '{-1e300,1}', '{false}', '{9999-12-31 23:59:59.999}', '{"{\"a\": {\"b\": [true]}}"}', '{READER,WRITER}'),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (6, 'PLAIN', 1, 2, 2.5, 1.50, NULL, '2020-01-01 00:00:00.001', '{"b": 2, "a": 1}', '\x00', NULL, '{b,a}', '{2,1}', '{2}', '{0.5,1}', '{false,true}', '{2021-06-01 12:30:00.5}', '{2}', '{administrator,READER}');

SELECT setval('users_id_seq', 100), setval('"Category_id_seq"', 100), setval('"Types_id_seq"', 100);
