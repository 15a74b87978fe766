INSERT INTO "Parent" (id, name) VALUES (1, 'p1'), (2, 'p2');
INSERT INTO "Meta" (tenant, key, pid) VALUES (1, 'a', 1), (2, 'b', 2);
INSERT INTO "Sub" (id, tenant, key) VALUES (1, 1, 'a'), (2, 2, 'b'), (3, NULL, NULL), (4, 1, 'a'), (5, 2, NULL);
