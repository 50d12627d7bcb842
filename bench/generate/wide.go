package generate

// wideColumns are those of Wide: what the pool takes stands among what a system keeps of
// its users beside that.
func wideColumns() []column {
	days := []string{"monday", "friday", "sunday"}
	countries := []string{"CH", "US", "JP", "PL", "BR", "FR", "ES"}
	return []column{
		{header: "id", make: number(9_000_000, 7)},
		{header: "tenant_id", make: number(400, 4)},
		{header: "Cognito Username", of: "cognito:username"},
		{header: "external_ref", make: number(9_000_000, 9)},
		{header: "status", make: oneOf("active", "active", "active", "locked", "invited")},
		{header: "status_reason", make: seldom(9, oneOf("payment", "by request", "unknown"))},
		{header: "Email", of: "email"},
		{header: "Email Verified", of: "email_verified"},
		{header: "backup_mail_used", make: oneOf("0", "0", "1")},
		{header: "created_at", make: moment},
		{header: "created_by", make: oneOf("signup", "signup", "import", "admin")},
		{header: "modified_at", make: moment},
		{header: "modified_by", make: oneOf("user", "user", "system")},
		{header: "deleted_at", make: nothing},
		{header: "salutation", make: oneOf("Ms", "Mr", "Mx", "")},
		{header: "Given Name", of: "given_name"},
		{header: "Family Name", of: "family_name"},
		{header: "Name", of: "name"},
		{header: "Birthdate", of: "birthdate"},
		{header: "age_checked", make: oneOf("true", "false")},
		{header: "Locale", of: "locale"},
		{header: "time_format", make: oneOf("24h", "12h")},
		{header: "first_day", make: oneOf(days...)},
		{header: "last_login_at", make: moment},
		{header: "last_login_ip", make: ipAddress},
		{header: "login_count", make: number(5000, 1)},
		{header: "failed_logins", make: number(4, 1)},
		{header: "Phone Number", of: "phone_number"},
		{header: "Phone Number Verified", of: "phone_number_verified"},
		{header: "phone_kind", make: oneOf("mobile", "mobile", "home", "")},
		{header: "fax", make: nothing},
		{header: "company", make: company},
		{header: "department", make: seldom(3, oneOf("Sales", "R&D", "Support", "Finance, Legal"))},
		{header: "job_title", make: seldom(3, oneOf("Engineer", "Head of Sales", "Buyer"))},
		{header: "manager_id", make: seldom(4, number(9_000_000, 7))},
		{header: "cost_center", make: seldom(3, number(900, 3))},
		{header: "Address", of: "address", make: fullAddress},
		{header: "shipping_street", make: seldom(6, oneOf(streets...))},
		{header: "shipping_zip", make: seldom(6, number(99_999, 5))},
		{header: "shipping_country", make: seldom(6, oneOf(countries...))},
		{header: "vat_number", make: seldom(12, number(900_000_000, 9))},
		{header: "plan", make: oneOf("free", "free", "basic", "pro")},
		{header: "plan_since", make: seldom(2, moment)},
		{header: "trial_ends_at", make: seldom(10, moment)},
		{header: "currency", make: oneOf("EUR", "USD", "CHF")},
		{header: "balance", make: amount},
		{header: "credit_limit", make: amount},
		{header: "invoices", make: number(90, 1)},
		{header: "last_invoice_at", make: seldom(2, moment)},
		{header: "newsletter", make: oneOf("Y", "N")},
		{header: "sms_opt_in", make: oneOf("N", "N", "Y")},
		{header: "terms_version", make: oneOf("2023-05", "2024-01", "2025-09")},
		{header: "terms_accepted_at", make: moment},
		{header: "utm_source", make: seldom(3, oneOf("newsletter", "search", "partner"))},
		{header: "utm_campaign", make: seldom(5, oneOf("spring", "launch 2", "back to school"))},
		{header: "referrer", make: seldom(4, oneOf("https://www.example.com/?q=pool&l=1", "https://shop.example.net/"))},
		{header: "device", make: oneOf("phone", "desktop", "tablet")},
		{header: "user_agent", make: oneOf("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)")},
		{header: "notes", make: notes},
		{header: "Updated At", of: "updated_at"},
	}
}

func nothing(dst, _ []byte, _ *person) []byte { return dst }

// number makes numbers below a limit, of at least width digits.
func number(limit, width int) maker {
	return func(dst, _ []byte, p *person) []byte { return pad(dst, int64(p.more.below(limit)), width) }
}

func oneOf(words ...string) maker {
	return func(dst, _ []byte, p *person) []byte { return append(dst, pick(&p.more, words)...) }
}

// seldom makes the value in one row of n.
func seldom(n int, make maker) maker {
	return func(dst, value []byte, p *person) []byte {
		if p.more.below(n) == 0 {
			return make(dst, value, p)
		}
		return dst
	}
}

// moment makes a time as databases write it.
func moment(dst, _ []byte, p *person) []byte {
	part := func(after string, n, width int) {
		dst = append(pad(dst, int64(n), width), after...)
	}
	part("-", 2015+p.more.below(11), 4)
	part("-", 1+p.more.below(12), 2)
	part(" ", 1+p.more.below(28), 2)
	part(":", p.more.below(24), 2)
	part(":", p.more.below(60), 2)
	part("", p.more.below(60), 2)
	return dst
}

func ipAddress(dst, _ []byte, p *person) []byte {
	return pad(append(pad(append(dst, "192.0."...), int64(p.more.below(256)), 1), '.'), int64(p.more.below(256)), 1)
}

func amount(dst, _ []byte, p *person) []byte {
	return pad(append(pad(dst, int64(p.more.below(3000)), 1), '.'), int64(p.more.below(100)), 2)
}

// company is a name with quotation marks in one row of twenty.
func company(dst, _ []byte, p *person) []byte {
	switch n := p.more.below(20); {
	case n == 0 && p.open():
		return append(append(append(dst, `Garage "`...), pick(&p.more, familyNames)...), '"')
	case n < 8:
		return append(append(dst, pick(&p.more, familyNames)...), " AG"...)
	}
	return dst
}
