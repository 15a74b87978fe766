-- Users 1 to 5, of whom 2 to 5 have five posts each, and the first two that nobody named.
INSERT INTO users (id, email, full_name, role, created_at, "updatedAt", "managerId")
SELECT n, 'u' || n || '@x', CASE WHEN n IN (3, 5) THEN 'odd' END,
       (CASE WHEN n % 2 = 1 THEN 'admin_value' ELSE 'USER' END)::role_enum,
       '2026-01-02 03:04:05.678', '2026-01-02 03:04:05.678', CASE WHEN n > 2 THEN n - 1 END
FROM generate_series(1, 5) n;
INSERT INTO "Profile" (id, bio, "userId") VALUES (1, 'b', 1);
INSERT INTO "Post" (id, title, body, views, likes, "authorId", "createdAt")
SELECT 'p' || n || '-' || m, 't' || m * 2 % 5, CASE WHEN m % 2 = 1 THEN 'b' || m END, m, 10 ^ m, n,
       '2026-01-02 03:04:05.678'::timestamp + n * interval '1 ms'
FROM generate_series(2, 5) n, generate_series(0, 4) m;
INSERT INTO "Post" (id, title, likes, "authorId", "createdAt") VALUES
  ('4dc645b3-ecf1-496f-9364-83f0c74cdf54', 'large', 9007199254740993, 1, '2026-01-02 03:04:05.678'),
  ('adbe8bab-3e65-4e0f-b8b9-c6cb622a13ea', 'small', 0, 1, '2026-01-02 03:04:05.678');
INSERT INTO "Tag" (id, name) VALUES (1, 'seedtag'), (2, 'g0'), (3, 'g1'), (4, 'g2');
INSERT INTO "_PostToTag" ("A", "B")
SELECT 'p' || n || '-' || m, 2 + m % 3 FROM generate_series(2, 5) n, generate_series(0, 4) m;
ALTER SEQUENCE users_id_seq RESTART 101;
ALTER SEQUENCE "Profile_id_seq" RESTART 101;
ALTER SEQUENCE "Tag_id_seq" RESTART 101;
