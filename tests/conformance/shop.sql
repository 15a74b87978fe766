-- What every case on the shop schema starts from; runs again after each case that has changed something.
DELETE FROM items; DELETE FROM orders; DELETE FROM reviews; DELETE FROM customers; DELETE FROM vouchers;
DELETE FROM products; DELETE FROM categories; DELETE FROM tags; DELETE FROM cards; DELETE FROM addresses;
DELETE FROM "_ProductToTag"; DELETE FROM "_follows"; DELETE FROM "_wishes";

INSERT INTO vouchers VALUES ('NONE', 0), ('TEN', 10), ('HALF', 50);
INSERT INTO categories VALUES (1, 'books', NULL), (2, 'novels', 1), (3, 'maps', 1), (4, 'music', NULL), (5, 'old', 2);
INSERT INTO tags VALUES ('classic'), ('new'), ('science fiction');
INSERT INTO products (id, sku, title, price, stock, sold, weight, sizes, active, released, category_id) VALUES
  (1, 'dune', 'Dune', 9.99, 5, 10, 0.4, '{1,2,3}', true, '1965-08-01', 2),
  (2, 'emma', 'Emma', 7.5, 0, 8589934592, 0.3, '{2}', true, '1815-12-23', 2),
  (3, 'alps', 'Alps 1:25000', 12, 9, 0, 0.1, '{}', false, NULL, 3),
  (4, 'fugue', 'The Art of Fugue', 20.25, 2, 1, 0.2, '{3,1}', true, '1751-05-01', 4),
  (5, 'odyssey', 'Odyssey', 0, -1, 0, 0, NULL, false, NULL, 5);
INSERT INTO "_ProductToTag" VALUES (1, 'classic'), (1, 'science fiction'), (2, 'classic'), (4, 'classic');
INSERT INTO customers (id, created_at, updated_at, email, first_name, last_name, credit, points, rating, vip, channels, notes, profile, avatar, birthday) VALUES
  ('ada', '2020-01-01', '2020-01-01', 'ada@example.org', 'Ada', 'Byron', 10.50, 1099511627776, 4.5, true, '{MAIL,PHONE}', '{}', '{"a": [1]}', '\x00ff', '1990-12-10'),
  ('bob', '2020-01-02', '2020-01-02', 'bob@example.org', 'Bob', 'Byron', 0, 0, 2.5, false, '{POST}', '{x,y}', '[]', NULL, NULL),
  ('eve', '2020-01-03', '2020-01-03', 'eve@example.org', 'Eve', 'Moore', -0.01, 5, NULL, false, '{}', NULL, 'null', '', '2000-02-29'),
  ('tom', '2020-01-04', '2020-01-04', 'tom@example.org', 'Tom', 'Moore', 99.99, -5, 4.5, true, NULL, '{z}', '"s"', NULL, '1969-12-31');
INSERT INTO cards VALUES (1, '4711', 'ada'), (2, '4712', 'tom');
INSERT INTO addresses VALUES ('ada', 'home', 'Berlin', '10115'), ('ada', 'work', 'Potsdam', NULL), ('bob', 'home', 'Bonn', '53111'), ('eve', 'home', 'Ulm', '');
INSERT INTO "_follows" VALUES ('ada', 'bob'), ('ada', 'eve'), ('bob', 'eve'), ('tom', 'tom');
INSERT INTO "_wishes" VALUES ('ada', 1), ('ada', 4), ('eve', 1), ('bob', 3);
INSERT INTO orders (id, number, status, placed, total, weight, express, extra, receipt, history, buyer_id, recipient_id, address_label, voucher_code) VALUES
  (1, 100, 'PAID', '2024-01-05', 27.48, 1.1, false, '{"gift": true}', '\x01', '{OPEN}', 'ada', 'bob', 'home', 'TEN'),
  (2, 101, 'OPEN', '2024-01-20', 20.25, 0.2, false, NULL, NULL, '{}', 'ada', NULL, NULL, 'NONE'),
  (3, 1099511627776, 'SENT', '2024-03-01', 45.99, 0.7, true, 'null', NULL, '{OPEN,PAID}', 'bob', NULL, NULL, 'TEN'),
  (4, 103, 'sent_back', '2024-03-02', 0, 0, true, '[]', NULL, NULL, 'tom', 'eve', 'home', NULL),
  (5, 104, 'OPEN', '2024-03-02', 5, 0, false, NULL, NULL, NULL, 'tom', 'ada', NULL, 'NONE');
INSERT INTO items VALUES (1, 1, 2, 9.99), (1, 2, 1, 7.50), (2, 4, 1, 20.25), (3, 1, 1, 9.99), (3, 3, 3, 12), (4, 1, 1, 0);
INSERT INTO reviews VALUES ('r1', 5, 'Great', 1, 'ada', '2024-02-01'), ('r2', 3, NULL, 1, 'bob', '2024-02-02'), ('r3', 4, 'Good', 2, 'bob', '2024-02-03'), ('r4', 1, '', 4, 'tom', '2024-02-04');

SELECT setval('cards_id_seq', 100), setval('orders_id_seq', 100), setval('products_id_seq', 100), setval('categories_id_seq', 100);
