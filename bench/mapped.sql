COPY (SELECT
	"Login" AS "cognito:username",
	lower(trim("E-Mail")) AS email,
	CASE lower("Confirmed") WHEN 'yes' THEN 'TRUE' WHEN 'no' THEN 'FALSE' END AS email_verified,
	"First Name" || ' ' || "Last Name" AS name,
	"First Name" AS given_name,
	"Last Name" AS family_name,
	"Known As" AS nickname,
	'+' || ltrim(regexp_replace("Mobile", '[ ()-]', '', 'g'), '+') AS phone_number,
	"Phone Confirmed" AS phone_number_verified,
	strftime(strptime("Born", '%d.%m.%Y'), '%m/%d/%Y') AS birthdate,
	CASE "Title" WHEN 'Ms' THEN 'female' WHEN 'Mr' THEN 'male' WHEN 'Mx' THEN 'other' END AS gender,
	trim(regexp_replace("Street and City", '\s+', ' ', 'g')) AS address,
	"Language" AS locale,
	"Changed"::BIGINT // 1000 AS updated_at
FROM read_csv('FILE', all_varchar=true)) TO 'OUT' (FORMAT csv, HEADER)
