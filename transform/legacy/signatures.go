package legacy

// form is what the records of an export are.
type form uint8

const (
	table  form = iota // delimited text with a header
	object             // JSON objects
)

// signature is what one generation of a system's exports is recognised by: names of
// columns, or paths of members, compared as fold does. A name with a slash before it is
// one of the object around the records.
type signature struct {
	preset, generation string
	form               form
	all                []string // every one of them is there
	any                []string // at least one of them; nil: none is needed
	not                []string // none of them: they are another system's
}

// signatures are in the order of presets. What stands in `any` is in no other system's
// export beside the same `all`, or `not` says so.
var signatures = []signature{
	{preset: "active-directory", generation: "Get-ADUser or csvde", all: []string{"sAMAccountName"}, not: []string{"onPremisesImmutableId"}},
	{preset: "active-directory", generation: "csvde", all: []string{"dn", "objectClass"}},
	{preset: "active-directory", generation: "Get-ADUser", all: []string{"distinguishedName", "userPrincipalName"}},

	{preset: "akamai", generation: "records of entity.find", form: object, all: []string{"uuid", "email"}, any: []string{"emailVerified", "primaryAddress", "deactivateAccount", "profiles", "mobileNumber"}},
	{preset: "akamai", generation: "table", all: []string{"uuid", "email"}, any: []string{"emailVerified", "primaryaddresscountry", "deactivateAccount"}},

	{preset: "auth0", generation: "JSON of an export job or of the Management API", form: object, all: []string{"user_id"},
		any: []string{"email_verified", "identities.connection", "identities.isSocial", "phone_verified", "app_metadata", "user_metadata", "logins_count"}, not: []string{"emails", "phone_numbers", "trusted_metadata"}},
	{preset: "auth0", generation: "CSV of chosen fields", all: []string{"user_id"}, any: []string{"email", "email_verified", "phone_number", "nickname"}, not: []string{"emails", "primary_email"}},
	{preset: "auth0", generation: "tab separated file of the User Import / Export extension", all: []string{"id", "email", "connection"}, any: []string{"email_verified", "nickname", "updated_at", "given_name"}},

	{preset: "authjs", generation: "users as JSON", form: object, all: []string{"email", "email_verified"}, any: []string{"image"},
		not: []string{"user_id", "username", "uuid", "local_id", "created_timestamp", "encrypted_password", "tenant_id"}},
	{preset: "authjs", generation: "table of users", all: []string{"id", "email", "email_verified"}, any: []string{"image"},
		not: []string{"user_id", "username", "uuid", "encrypted_password", "connection"}},

	{preset: "b2c", generation: "users of Microsoft Graph", form: object, all: []string{"identities"}, any: []string{"identities.signInType", "accountEnabled", "userPrincipalName"}, not: []string{"user_id", "registrations"}},

	{preset: "clerk", generation: "CSV of the dashboard", all: []string{"primary_email_address"}, any: []string{"verified_email_addresses", "unverified_email_addresses", "password_digest", "password_hasher", "primary_phone_number"}},

	{preset: "cognito", generation: "ListUsers", form: object, all: []string{"Username", "UserStatus"}, any: []string{"Attributes", "UserAttributes", "UserLastModifiedDate", "UserCreateDate"}, not: []string{"identityStoreId"}},

	{preset: "devise", generation: "table of users", all: []string{"email", "encrypted_password"}, not: []string{"raw_user_meta_data", "raw_app_meta_data", "email_confirmed_at", "is_sso_user", "instance_id"}},
	{preset: "devise", generation: "users as JSON", form: object, all: []string{"email", "encrypted_password"}, not: []string{"raw_user_meta_data", "raw_app_meta_data", "email_confirmed_at"}},

	{preset: "django", generation: "table auth_user", all: []string{"username", "email"}, any: []string{"is_superuser", "is_staff", "date_joined", "is_active"}},

	{preset: "entra", generation: "CSV of the portal or of Graph", all: []string{"userPrincipalName"}, any: []string{"displayName", "objectId", "userType", "accountEnabled", "usageLocation"},
		not: []string{"sAMAccountName", "distinguishedName"}},
	{preset: "entra", generation: "users of Microsoft Graph", form: object, all: []string{"userPrincipalName"}, any: []string{"displayName", "userType", "accountEnabled", "mail"}, not: []string{"identities"}},
	{preset: "entra", generation: "template of the portal", any: []string{"User name [userPrincipalName] Required", "User name [userPrincipalName]"}},

	{preset: "firebase", generation: "JSON of auth:export", form: object, all: []string{"localId"}},

	{preset: "forgerock", generation: "managed users", form: object, all: []string{"userName", "sn"}, any: []string{"mail", "_rev", "accountStatus", "effectiveRoles"}},
	{preset: "forgerock", generation: "CSV of the bulk import", all: []string{"userName", "sn", "mail"}, any: []string{"accountStatus", "telephoneNumber", "stateProvince", "preferences/marketing"}},

	{preset: "frontegg", generation: "users of the API", form: object, all: []string{"email", "tenantId"}, any: []string{"mfaEnrolled", "profilePictureUrl", "vendorMetadata", "tenantIds", "permissions"},
		not: []string{"insertInstant", "registrations", "memberships", "encryptionScheme"}},

	{preset: "fusionauth", generation: "users of the API", form: object, all: []string{"id"}, any: []string{"insertInstant", "lastUpdateInstant", "encryptionScheme", "usernameStatus", "registrations", "memberships"}},
	{preset: "fusionauth", generation: "table of users", all: []string{"id"}, any: []string{"encryptionScheme", "insertInstant", "lastUpdateInstant"}},

	{preset: "google-workspace", generation: "CSV of the Admin console", all: []string{"First Name", "Last Name", "Email Address"}, any: []string{"Password", "Org Unit Path", "Status", "Last Sign In", "Recovery Phone", "Recovery Email"}},

	{preset: "identity-center", generation: "users of the identity store", form: object, all: []string{"UserId", "UserName"}, any: []string{"IdentityStoreId", "emails.value", "name.givenName", "name.familyName", "ExternalIds"}},

	{preset: "keycloak", generation: "export of a realm", form: object, all: []string{"/realm"}, any: []string{"/users", "/clients", "/notBefore", "/sslRequired", "/accessTokenLifespan"}},
	{preset: "keycloak", generation: "users as JSON", form: object, all: []string{"username", "createdTimestamp"}, any: []string{"enabled", "emailVerified", "totp", "credentials.secretData"}},
	{preset: "keycloak", generation: "users as JSON", form: object, all: []string{"username", "enabled"}, any: []string{"emailVerified", "credentials.secretData", "credentials.type", "requiredActions", "realmRoles"}},
	{preset: "keycloak", generation: "table user_entity", all: []string{"username", "email_verified"}, any: []string{"realm_id", "created_timestamp", "email_constraint", "service_account_client_link"}},

	{preset: "okta", generation: "import template", all: []string{"login", "email"}, any: []string{"firstName", "lastName", "mobilePhone", "secondEmail", "profileUrl"}},
	{preset: "okta", generation: "export of the browser", all: []string{"User Id", "Username"}, any: []string{"Primary email"}},
	{preset: "okta", generation: "users of the API", form: object, all: []string{"profile.login"}},

	{preset: "salesforce", generation: "contacts", all: []string{"id", "lastName", "email"}, any: []string{"isDeleted", "accountId", "ownerId", "mailingStreet", "masterRecordId", "lastModifiedById", "reportsToId", "mailingCity"}},
	{preset: "salesforce", generation: "report on contacts", all: []string{"Contact ID", "Last Name", "Email"}},

	{preset: "scim", generation: "SCIM users", form: object, all: []string{"userName"}, any: []string{"schemas", "emails.value", "name.familyName", "name.givenName", "meta.resourceType"},
		not: []string{"userid", "identityStoreId", "createdTimestamp", "userStatus"}},

	{preset: "shopify", generation: "customers", all: []string{"email"}, any: []string{"Accepts Email Marketing", "Accepts Marketing", "Default Address Company", "Default Address Phone", "Accepts SMS Marketing"}},

	{preset: "stytch", generation: "users of the API or of the export utility", form: object, all: []string{"user_id", "emails"}},
	{preset: "stytch", generation: "CSV of the export utility", all: []string{"user_id", "emails"}},

	{preset: "supabase", generation: "table auth.users", all: []string{"email"}, any: []string{"raw_user_meta_data", "raw_app_meta_data", "email_confirmed_at", "is_sso_user"}},
	{preset: "supabase", generation: "auth.users as JSON", form: object, all: []string{"email"}, any: []string{"raw_user_meta_data", "raw_app_meta_data", "email_confirmed_at", "is_sso_user"}},

	{preset: "woocommerce", generation: "customers", all: []string{"username", "email"}, any: []string{"Last Active", "Sign Up", "Total Spend", "AOV"}},
	{preset: "woocommerce", generation: "customers, in German", all: []string{"Benutzername", "E-Mail"}, any: []string{"Zuletzt aktiv", "Registrierung", "Bestellungen", "Gesamtausgaben", "AOV"}},
	{preset: "woocommerce", generation: "customers, in German", all: []string{"Benutzername", "E-Mail-Adresse"}, any: []string{"Zuletzt aktiv", "Registrierung", "Bestellungen", "Gesamtausgaben", "AOV"}},
	{preset: "woocommerce", generation: "customers, in French", all: []string{"Identifiant", "E-mail"}, any: []string{"Dernière activité", "Inscription", "Commandes", "Total des dépenses", "AOV"}},
	{preset: "woocommerce", generation: "customers, in French", all: []string{"Nom d’utilisateur", "E-mail"}, any: []string{"Dernière activité", "Inscription", "Commandes", "Total des dépenses", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Spanish", all: []string{"Nombre de usuario", "Correo electrónico"}, any: []string{"Última actividad", "Registro", "Pedidos", "Gasto total", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Italian", all: []string{"Nome utente", "Email"}, any: []string{"Ultima attività", "Registrazione", "Ordini", "Spesa totale", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Dutch", all: []string{"Gebruikersnaam", "E-mail"}, any: []string{"Laatst actief", "Registratie", "Bestellingen", "Totaal uitgegeven", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Portuguese", all: []string{"Nome de usuário", "E-mail"}, any: []string{"Última atividade", "Cadastro", "Pedidos", "Gasto total", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Polish", all: []string{"Nazwa użytkownika", "E-mail"}, any: []string{"Ostatnia aktywność", "Rejestracja", "Zamówienia", "Łącznie wydano", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Swedish", all: []string{"Användarnamn", "E-post"}, any: []string{"Senast aktiv", "Registrering", "Beställningar", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Danish", all: []string{"Brugernavn", "E-mail"}, any: []string{"Sidst aktiv", "Tilmelding", "Ordrer", "AOV"}},
	{preset: "woocommerce", generation: "customers, in Japanese", all: []string{"ユーザー名", "メール"}, any: []string{"最終アクティブ", "登録", "注文", "AOV"}},

	{preset: "wordpress", generation: "wp user list", all: []string{"user_login"}, any: []string{"user_email", "user_registered", "roles", "display_name"}},
}
