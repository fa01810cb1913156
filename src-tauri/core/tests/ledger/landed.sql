-- The rows of a ledger that was made by Docket with schema 1: names of accounts in settings, before and after the names
-- went to others. Made with `docketctl account add`, `set` and `remove`; only the place of the secrets was changed.
INSERT INTO credential_mode (digest, test)
    VALUES ('54a9d35924527d2c7cf06a668b93fe986038f2dc25ce4d6723fc5151a94f009c', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('55050bd7bfdf75ee59c267edacdf799565094a9df9986a20ae70bb289fa6f3d9', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('8b09e047855f39e58077f6842a253cc2a6b0392f450f8b8e1579dc6d8eb88d51', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('99e9627e2bd99f36c0af325a546913b278c00da3983281cbc55359ffd58eb576', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('9eda5eb44550e72b5c1e0af8f2a520b9f6615ea3f4a0e641afc2112ef0f69cd0', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('a9f4f3cf3f82042ac786f12cfd159b717349ba58e83d61048734b5f8f2d0a0e1', 1);
INSERT INTO credential_mode (digest, test)
    VALUES ('f80ef776fb8ba7e1972dcc8df2cf318ccac49bdd28500dc26956e8f594d7f9ae', 1);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (1, 'north', 'pathao', 1, 'pathao:test:n1', 'http://127.0.0.1:1', 0, 'keystore', '55050bd7bfdf75ee59c267edacdf799565094a9df9986a20ae70bb289fa6f3d9', '{}', NULL, 1, NULL, 1795312933103, 1795312934181);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (2, 'west', 'pathao', 1, 'pathao:test:e1', 'http://127.0.0.1:1', 0, 'keystore', '99e9627e2bd99f36c0af325a546913b278c00da3983281cbc55359ffd58eb576', '{}', NULL, 1, NULL, 1795312933440, NULL);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (3, 'main', 'pathao', 1, 'pathao:test:m1', 'http://127.0.0.1:1', 0, 'keystore', '54a9d35924527d2c7cf06a668b93fe986038f2dc25ce4d6723fc5151a94f009c', '{"patience_s":7,"distinct_from":["north","east"]}', NULL, 1, NULL, 1795312933735, NULL);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (4, 'north', 'pathao', 1, 'pathao:test:n2', 'http://127.0.0.1:1', 0, 'keystore', '9eda5eb44550e72b5c1e0af8f2a520b9f6615ea3f4a0e641afc2112ef0f69cd0', '{}', NULL, 1, NULL, 1795312934335, NULL);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (5, 'second', 'pathao', 1, 'pathao:test:s1', 'http://127.0.0.1:1', 0, 'keystore', 'f80ef776fb8ba7e1972dcc8df2cf318ccac49bdd28500dc26956e8f594d7f9ae', '{"distinct_from":["north"]}', NULL, 1, NULL, 1795312934389, NULL);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (6, 'third', 'pathao', 1, 'pathao:test:t1', 'http://127.0.0.1:1', 0, 'keystore', 'a9f4f3cf3f82042ac786f12cfd159b717349ba58e83d61048734b5f8f2d0a0e1', '{"distinct_from":["nobody"]}', NULL, 1, NULL, 1795312934497, NULL);
INSERT INTO account (id, name, platform, test, identity, base_url, practice, secrets, credential, settings, paused, confirmed, server_time, created_ms, removed_ms)
    VALUES (7, 'east', 'pathao', 1, 'pathao:test:e2', 'http://127.0.0.1:1', 0, 'keystore', '8b09e047855f39e58077f6842a253cc2a6b0392f450f8b8e1579dc6d8eb88d51', '{}', NULL, 1, NULL, 1795312934954, NULL);
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (1, 1795312933103, 1, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"north","what":"added","platform":"pathao","test":true,"identity":"pathao:test:n1"}', NULL, NULL, NULL, x'0000000000000000000000000000000000000000000000000000000000000000', x'df2c46b4aeae6bfec4e56c4a3f6ae9af75b73e37fb2610cd6c609fe217aaabb5');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (2, 1795312933440, 2, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"east","what":"added","platform":"pathao","test":true,"identity":"pathao:test:e1"}', NULL, NULL, NULL, x'df2c46b4aeae6bfec4e56c4a3f6ae9af75b73e37fb2610cd6c609fe217aaabb5', x'87b5ef6f328902be541cea04af5e08224e33ead9daed056c888ceebcc9749a11');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (3, 1795312933735, 3, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"main","what":"added","platform":"pathao","test":true,"identity":"pathao:test:m1"}', NULL, NULL, NULL, x'87b5ef6f328902be541cea04af5e08224e33ead9daed056c888ceebcc9749a11', x'b08d467719af3a49e9698f2d64ead67b7a3a412cf5ea5a2aea1b61e9f6217bf4');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (4, 1795312934010, 3, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"what":"settings","settings":{"distinct_from":["north"]}}', NULL, NULL, NULL, x'b08d467719af3a49e9698f2d64ead67b7a3a412cf5ea5a2aea1b61e9f6217bf4', x'fac84254158dfaeb546aaeb205a6db4978281eedf91bb1e34429241e42674b0c');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (5, 1795312934083, 3, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"what":"settings","settings":{"patience_s":7,"distinct_from":["north","east"]}}', NULL, NULL, NULL, x'fac84254158dfaeb546aaeb205a6db4978281eedf91bb1e34429241e42674b0c', x'51b1797c587946b39ad49d5cc750dc16370475222cb8a83870d3b9d3eca65f8e');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (6, 1795312934181, 1, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"what":"removed"}', NULL, NULL, NULL, x'51b1797c587946b39ad49d5cc750dc16370475222cb8a83870d3b9d3eca65f8e', x'a8a5ff269fe38635a2222dc17800de8fa04d58eac666e982db01a5222e2bb44c');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (7, 1795312934335, 4, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"north","what":"added","platform":"pathao","test":true,"identity":"pathao:test:n2"}', NULL, NULL, NULL, x'a8a5ff269fe38635a2222dc17800de8fa04d58eac666e982db01a5222e2bb44c', x'07b3546a136cfef82dfdd88a68ffd604713961530d0535efa97fed10a33fca27');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (8, 1795312934389, 5, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"second","what":"added","platform":"pathao","test":true,"identity":"pathao:test:s1"}', NULL, NULL, NULL, x'07b3546a136cfef82dfdd88a68ffd604713961530d0535efa97fed10a33fca27', x'b00364ee34fbc91122eeefe43109fe6f15225b81269d70f14a585a8deb384ec6');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (9, 1795312934497, 6, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"third","what":"added","platform":"pathao","test":true,"identity":"pathao:test:t1"}', NULL, NULL, NULL, x'b00364ee34fbc91122eeefe43109fe6f15225b81269d70f14a585a8deb384ec6', x'c60842a1a856b1a1a25f4db9e5d0b29379f406f9b9982ba39977fdd678c5e01b');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (10, 1795312934600, 2, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"what":"removed"}', NULL, NULL, NULL, x'c60842a1a856b1a1a25f4db9e5d0b29379f406f9b9982ba39977fdd678c5e01b', x'af975ce2d1e18289b5cb18f0a5e0559306dd83fa57548616fc741787a76ff23e');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (11, 1795312934742, 2, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"west","what":"added","platform":"pathao","test":true,"identity":"pathao:test:e1"}', NULL, NULL, NULL, x'af975ce2d1e18289b5cb18f0a5e0559306dd83fa57548616fc741787a76ff23e', x'd3cac12b88d00e8dcc32b8459ee37eeb5ee12a04c5fb28bb3f544d486eab1466');
INSERT INTO log (seq, at_ms, account_id, order_id, order_no, dispatch_id, generation, reference, kind, state, detail, private, salt, private_digest, prev_hash, hash)
    VALUES (12, 1795312934954, 7, NULL, NULL, NULL, 0, NULL, 'edited', NULL, '{"account":"east","what":"added","platform":"pathao","test":true,"identity":"pathao:test:e2"}', NULL, NULL, NULL, x'd3cac12b88d00e8dcc32b8459ee37eeb5ee12a04c5fb28bb3f544d486eab1466', x'8c759995dcf197ede6181fac5c213f56c7e9cc24d9b4f552346251d4ce8d2259');
UPDATE log_head SET seq = 12, hash = x'8c759995dcf197ede6181fac5c213f56c7e9cc24d9b4f552346251d4ce8d2259';
