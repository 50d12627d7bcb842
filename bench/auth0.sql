COPY (SELECT
	coalesce(username, email, phone_number) AS "cognito:username",
	name, given_name, family_name, nickname, picture, email,
	CASE WHEN email_verified THEN 'TRUE' WHEN NOT email_verified THEN 'FALSE' END AS email_verified,
	phone_number,
	CASE WHEN phone_verified THEN 'TRUE' WHEN NOT phone_verified THEN 'FALSE' END AS phone_number_verified,
	epoch(strptime(updated_at, '%Y-%m-%dT%H:%M:%S.%gZ'))::BIGINT AS updated_at
FROM read_json('FILE', format = 'newline_delimited', columns = {
	username: 'VARCHAR', email: 'VARCHAR', email_verified: 'BOOLEAN', phone_number: 'VARCHAR', phone_verified: 'BOOLEAN', name: 'VARCHAR',
	given_name: 'VARCHAR', family_name: 'VARCHAR', nickname: 'VARCHAR', picture: 'VARCHAR', updated_at: 'VARCHAR'})) TO 'OUT' (FORMAT csv, HEADER)
