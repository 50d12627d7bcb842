package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// harmful is a text that would do harm if it were read as HTML.
const harmful = "<img/src=x/onerror=alert(1)>"

// api calls an operation of the emulator as the page does.
func api(t *testing.T, url, operation, input string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/", strings.NewReader(input))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	r.Header.Set("X-Poolprep-Page", "console")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	body := text(t, answer)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode, body)
}

// TestTabs goes through the tabs of a pool: users, outbox and sign-in.
func TestTabs(t *testing.T) {
	browser := findBrowser(t)
	program := build(t)
	pool := `{"UserPool":{"Id":"local_tabs","Name":"Shop","AutoVerifiedAttributes":["email"],"AliasAttributes":["email"]}}`
	url, _ := emulate(t, program, pool)
	for i := range 45 {
		api(t, url, "AdminCreateUser", fmt.Sprintf(`{"UserPoolId":"local_tabs","Username":"user%02d","TemporaryPassword":"Temporary-%02d!","UserAttributes":[
			{"Name":"email","Value":"mail%02[1]d@example.com"},{"Name":"email_verified","Value":"true"},{"Name":"name","Value":"\"Q\" \\ %02[1]d"}]}`, i, i, i))
	}
	api(t, url, "AdminCreateUser", `{"UserPoolId":"local_tabs","Username":"`+harmful+`","MessageAction":"SUPPRESS","UserAttributes":[{"Name":"name","Value":"<script>alert(1)</script>"}]}`)
	api(t, url, "CreateGroup", `{"UserPoolId":"local_tabs","GroupName":"<b>staff</b>"}`)
	api(t, url, "AdminAddUserToGroup", `{"UserPoolId":"local_tabs","GroupName":"<b>staff</b>","Username":"user07"}`)
	w := open(t, browser)
	w.do(goTo(url))
	w.walkUserSearch()
	w.walkUser()
	w.walkOutbox()
	w.walkSignIn()
	w.walkSecretClient()
	w.walkKeyboard()
	w.walkWidths()
	w.walkPools(url)
	assert.Empty(t, w.mistakes(), "what the browser complains about")
}

// names are the user names that are shown.
const names = `Array.from(document.querySelectorAll("#users tbody th"), (e) => e.textContent).join(" ")`

func (w *walk) walkUserSearch() {
	w.until(names + ` === "` + harmful + ` ` + numbered(0, 19) + `"`)
	w.press("Next")
	w.until(names + ` === "` + numbered(19, 39) + `"`)
	w.press("Next")
	w.until(names + ` === "` + numbered(39, 45) + `" && element("#users-pager [data-go=next]").ariaDisabled === "true"`)
	w.press("First")
	w.until(`element("#users-pager [data-go=first]").ariaDisabled === "true"`)

	w.do(enter("#users-text", "user1"))
	w.until(names + ` === "` + numbered(10, 20) + `"`)
	w.selectIn("Search users by", "Name")
	w.do(enter("#users-text", `"Q" \ 3`))
	w.until(names + ` === "` + numbered(30, 40) + `"`)
	w.selectIn("Search users by", "Email address")
	w.do(enter("#users-text", "mail07@"))
	w.until(names + ` === "user07"`)
	w.do(run(`element("#users-text").maxLength = 300; element("#users-text").value = '"'.repeat(130); 0`), enter("#users-text", kb.End), enter("#users-text", "x"))
	w.until(`has("#users-error", "That cannot be searched for.") && has("#users-error", "Search can have at most 256 characters.") && shown("#users-form")`)
	w.selectIn("Search users by", "Group")
	w.until(`!shown("#users-error")`)
	w.selectIn("that is", "<b>staff</b>")
	w.until(names + ` === "user07"`)
	w.selectIn("Search users by", "Confirmation status")
	w.selectIn("that is", "Confirmed")
	w.until(`shown("#users-none") && has("#users-none", "No user is like that.") && !shown("#users")`)
	w.selectIn("that is", "Force change password")
	w.until(`document.querySelectorAll("#users tbody tr").length === 20`)
	w.selectIn("Search users by", "User name")
	w.do(enter("#users-text", "user07"))
	w.until(names + ` === "user07"`)
}

// numbered are names of users from one number up to before another.
func numbered(from, to int) string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("user%02d", i))
	}
	return strings.Join(all, " ")
}

func (w *walk) walkUser() {
	w.press("user07")
	w.until(`text("#user-title") === "user07" && document.activeElement.id === "user-title" && !shown("#users-list")`)
	w.until(`has("#attributes", "mail07@example.com") && has("#memberships", "<b>staff</b>") && text("#user-status") === "Force change password"`)
	w.press("Disable user access")
	w.until(`text("#user-enabled") === "Disabled" && has("#announcement", "disabled")`)
	w.press("Reset password")
	w.do(click("#dialog-confirm"))
	w.until(`has("#user-error", "NotAuthorizedException: User password cannot be reset in the current state.") || has("#user-error", "User is disabled.")`)
	w.press("Enable user access")
	w.until(`text("#user-enabled") === "Enabled" && !shown("#user-error")`)
	w.press("Remove")
	w.until(`shown("#memberships-none")`)
	w.press("Add user to group")
	w.until(`has("#memberships", "<b>staff</b>") && !shown("#membership-form")`)
	w.fillIn("Group name", "two words")
	w.press("Create group")
	w.until(`has("#membership-error", "The group was not created.") && has("#membership-error", "Group cannot have spaces.")`)
	w.fillIn("Group name", "admins")
	w.press("Create group")
	w.until(`shown("#membership-form") && element("#membership-group").value === "admins" && !shown("#membership-error")`)
	w.do(run(`location.hash = "#/local_tabs/users/nobody"; 0`))
	w.until(`has("#trouble", "UserNotFoundException: User does not exist.") && shown("#tabs") && !shown("#panel-users")`)

	w.press("Users")
	w.until(`!shown("#trouble") && shown("#users-list")`)
	w.do(run(`element("#users-text").select(); 0`), chromedp.KeyEvent(kb.Delete))
	w.press(harmful)
	w.until(`text("#user-title") === "` + harmful + `" && has("#attributes", "<script>alert(1)</script>")`)
	w.press("Delete user")
	w.until(`has("#dialog-text", "` + harmful + `")`)
	w.do(click("#dialog-confirm"))
	w.until(`shown("#users-list") && ` + names + `.startsWith("user00") && text("#user-count") === "45"`)
}

func (w *walk) walkOutbox() {
	w.press("Outbox")
	w.until(`document.querySelectorAll("#messages tbody tr").length === 45 && text("#messages tbody td") === "user44"`)
	w.until(`has("#messages tbody tr", "mail44@example.com (E-mail)") && has("#messages tbody tr", "Temporary-44!") && has("#messages tbody tr", "Temporary password")`)
	w.fillIn("User name", "user03")
	w.until(`document.querySelectorAll("#messages tbody tr").length === 1 && has("#messages", "Temporary-03!")`)
	w.fillIn("User name", "nobody")
	w.until(`shown("#outbox-none") && !shown("#messages")`)
}

// walkSignIn signs in with a temporary password, chooses a new one, forgets it, and signs out.
func (w *walk) walkSignIn() {
	w.press("Sign-in")
	w.until(`shown("#client-form")`)
	w.fillIn("App client name", "shop/app")
	w.press("Create app client")
	w.until(`has("#client-error", "App client name may have letters, numbers, spaces, and")`)
	w.fillIn("App client name", "shop app")
	w.press("Create app client")
	w.until(`!shown("#client-form") && element("#client").selectedOptions[0]?.textContent === "shop app"`)

	signIn := func(user, password string) {
		w.fillIn("User name, or an alias", user)
		w.fillIn("Password", password)
		w.press("Sign in")
	}
	signIn("nobody", "Some-password-1")
	w.until(`text("#answer-state") === "Refused" && has("#answer-words", "There is no such user.") && has("#refusal", "UserNotFoundException: User does not exist.")`)
	signIn("user05", "Wrong-password-1")
	w.until(`has("#refusal", "NotAuthorizedException: Incorrect username or password.")`)
	signIn("has spaces", "Some-password-1")
	w.until(`has("#refusal", "UserNotFoundException")`)
	signIn("mail05@example.com", "Temporary-05!")
	w.until(`text("#answer-state") === "Challenge" && has("#answer-words", "NEW_PASSWORD_REQUIRED") && document.activeElement.id === "answer-title"`)
	w.fillIn("New password", "short")
	w.press("Set new password")
	w.until(`has("#refusal", "InvalidPasswordException: Password did not conform with policy")`)
	w.fillIn("New password", "Battery-staple-5")
	w.press("Set new password")
	w.until(`text("#answer-state") === "Signed in" && !shown("#password-form") && has("#id-claims", "mail05@example.com") && has("#access-claims", "user05")`)
	w.press("Get user")
	w.until(`text("#answer-state") === "User" && has("#answer-json", "mail05@example.com")`)
	w.press("Refresh tokens")
	w.until(`text("#answer-state") === "Signed in" && text("#answer-operation") === "InitiateAuth"`)
	w.press("Sign out")
	w.until(`text("#answer-state") === "Signed out"`)
	w.press("Get user")
	w.until(`text("#answer-state") === "Refused" && has("#refusal", "NotAuthorizedException: Access Token has been revoked")`)

	w.selectIn("Authentication flow", "USER_SRP_AUTH: the app sends no password")
	w.press("Sign in")
	w.until(`has("#refusal", "NotAuthorizedException: Incorrect username or password.")`)
	w.selectIn("Authentication flow", "ADMIN_USER_PASSWORD_AUTH: a server of the app sends the password")
	signIn("user05", "Battery-staple-5")
	w.until(`text("#answer-state") === "Signed in" && text("#answer-operation") === "AdminInitiateAuth"`)

	w.press("Forgot password")
	w.until(`text("#answer-state") === "Code sent" && has("#answer-words", "m***@e*** by e-mail") && !shown("#session")`)
	w.fillIn("Confirmation code", "no code")
	w.fillIn("New password", "Battery-staple-6")
	w.press("Confirm new password")
	w.until(`has("#refusal", "InvalidParameterException: Confirmation code cannot have spaces.") && !has("#refusal", "pattern")`)
	w.do(run(`fetch("/_poolprep/outbox?username=user05").then((r) => r.json()).then((all) => { globalThis.code = all.at(-1).code; }); 0`))
	w.until(`globalThis.code`)
	w.do(run(`element("#forgot-code").value = code; 0`))
	w.press("Confirm new password")
	w.until(`text("#answer-state") === "Changed" && !shown("#forgot-form")`)
	signIn("user05", "Battery-staple-6")
	w.until(`text("#answer-state") === "Signed in"`)
}

// walkSecretClient signs in through a client with a secret, which tells nothing about users.
func (w *walk) walkSecretClient() {
	w.press("New app client")
	w.fillIn("App client name", "secret app")
	w.press("Generate a client secret")
	w.press("Prevent user existence errors")
	w.press("Create app client")
	w.until(`!shown("#client-form") && element("#client").selectedOptions[0]?.textContent === "secret app"`)
	w.press("Sign in")
	w.until(`text("#answer-state") === "Signed in"`)
	w.press("Refresh tokens")
	w.until(`text("#answer-state") === "Signed in" && text("#answer-operation") === "InitiateAuth"`)
	w.fillIn("User name, or an alias", "nobody")
	w.press("Sign in")
	w.until(`has("#refusal", "NotAuthorizedException: Incorrect username or password.")`)
}

// walkKeyboard goes through the tabs without a mouse.
func (w *walk) walkKeyboard() {
	key := func(keys ...string) {
		for _, k := range keys {
			w.do(chromedp.KeyEvent(k))
		}
	}
	on := func(name string) {
		w.until(`document.activeElement.id === "tab-` + name + `" && element("#tab-` + name + `").ariaSelected === "true" && shown("#panel-` + name + `")`)
		w.until(`document.querySelectorAll("[role=tab][tabindex='0']").length === 1 && document.querySelectorAll("[role=tabpanel]:not([hidden])").length === 1`)
	}
	w.do(run(`element("#tab-signin").focus(); 0`))
	on("signin")
	key(kb.ArrowRight)
	on("users")
	key(kb.ArrowRight)
	on("jobs")
	key(kb.End)
	on("signin")
	key(kb.ArrowLeft)
	on("outbox")
	key(kb.Home)
	on("users")
	key(kb.Tab)
	w.until(`document.activeElement.id === "panel-users"`)
	w.do(run(`element("#users tbody a").focus(); 0`))
	key(kb.Enter)
	w.until(`document.activeElement.id === "user-title"`)
	w.do(run(`element("#user-back").focus(); 0`))
	key(kb.Enter)
	w.until(`document.activeElement.id === "users-title"`)
	w.until(`Array.from(document.querySelectorAll("[aria-labelledby], [aria-controls], label[for]")).every((e) =>
		["aria-labelledby", "aria-controls", "for"].every((name) => !e.hasAttribute(name) || document.getElementById(e.getAttribute(name))))`)
}

// walkPools looks at pools that come and go.
func (w *walk) walkPools(url string) {
	w.press("User Pools")
	w.until(`shown("#pools-view") && document.querySelectorAll("#pool-list tbody tr").length === 1`)
	api(w.t, url, "CreateUserPool", `{"PoolName":"second pool"}`)
	w.until(`document.querySelectorAll("#pool-list tbody tr").length === 2 && has("#pools", "second pool")`)
	w.press("second pool")
	w.until(`shown("#pool-view") && text("#pool-view h1") === "second pool" && shown("#users-none") && shown("#no-jobs")`)
	w.do(run(`globalThis.id = text('#pool-view [data-field="id"]'); 0`))
	api(w.t, url, "DeleteUserPool", `{"UserPoolId":"local_tabs"}`)
	w.do(run(`location.hash = "#/local_tabs"; 0`))
	w.until(`has("#trouble", "There is nothing here.") && !shown("#pool-view") && !has("#pools", "local_tabs")`)
	w.do(run(`location.hash = "#/"; 0`))
	w.until(`text("#pool-view h1") === "second pool" && !shown("#trouble")`)
	id, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`id`))
	require.NoError(w.t, err)
	api(w.t, url, "DeleteUserPool", `{"UserPoolId":"`+id+`"}`)
	w.until(`shown("#pools-view") && shown("#no-pools") && !shown("#pool-view") && text("#pools") === ""`)
}

// walkWidths looks whether any tab is wider than the window.
func (w *walk) walkWidths() {
	for _, width := range []int64{400, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			w.show(width, 900, scheme)
			w.until(`matchMedia("(prefers-color-scheme: ` + scheme + `)").matches`)
			for _, place := range []string{"users", "users/user05", "jobs", "logs", "roles", "outbox", "signin"} {
				w.do(run(`location.hash = "#/local_tabs/` + place + `"; 0`))
				tab, _, _ := strings.Cut(place, "/")
				w.until(`location.hash.includes("user05") === shown("#user")`)
				w.until(`shown("#panel-` + tab + `") && ` + fmt.Sprintf("document.documentElement.scrollWidth <= %d", width))
				w.until(`Array.from(document.querySelectorAll("main section, main form, .title")).every((e) => e.scrollWidth <= e.clientWidth + 1)`)
			}
		}
	}
}

// TestWords: a person reads no regular expression, and no exception without words.
func TestWords(t *testing.T) {
	browser := findBrowser(t)
	url, _ := emulate(t, build(t), `{"UserPool":{"Id":"local_words","Name":"Shop"}}`)
	w := open(t, browser)
	w.do(goTo(url))
	w.do(run(`import("/words.js").then((module) => { globalThis.inWords = module.inWords; }); 0`))
	w.until(`globalThis.inWords`)
	for message, want := range map[string]string{
		"":             "The emulator refused the request without a reason.",
		"No csv file.": "No csv file.",
		"1 validation error detected: Value null at 'jobName' failed to satisfy constraint: Member must not be null":                                                                                                                                      "Job name is missing.",
		"1 validation error detected: Value 'a' at 'jobId' failed to satisfy constraint: Member must satisfy regular expression pattern: import-[0-9a-zA-Z-]+":                                                                                            "Job ID is not that of an import job.",
		"1 validation error detected: Value '[\\S]+' at 'other' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+":                                                                                                     "other has a character that is not allowed.",
		"1 validation error detected: Value 'X' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [A, B]":                                                                                                                   "authFlow must be one of A, B.",
		"2 validation errors detected: Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1; Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}]+": "User name needs at least 1 character. User name cannot have spaces.",
		"1 validation error detected: Value at 'filter' failed to satisfy constraint: Member must have length less than or equal to 256":                                                                                                                  "Search can have at most 256 characters.",
		"1 validation error detected: Value '99' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60":                                                                                                                "limit must be at most 60.",
	} {
		got, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](fmt.Sprintf("inWords({ message: `%s` })", message)))
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for place, want := range map[string]string{
		"#/no-pool":                     "User pool ID must be",
		"#/local_words/nothing":         "Job ID is not that of an import job.",
		"#/local_none":                  "ResourceNotFoundException: User pool local_none does not exist.",
		"#/local_words/roles/no/such":   "NoSuchEntity: The role with name no cannot be found.",
		"#/local_words/users/a%20b":     "User name cannot have spaces.",
		"#/local_words/logs/%25/%E0%A4": "",
	} {
		w.do(run(fmt.Sprintf("location.hash = %q; 0", place)))
		w.until(fmt.Sprintf(`location.hash === %q && shown("#trouble") && has("#trouble", %q) && !has("#trouble", "pattern")`, place, want))
		w.do(run(`location.hash = "#/pools"; 0`))
		w.until(`shown("#pools-view") && !shown("#trouble")`)
	}
	assert.Empty(t, w.mistakes(), "what the browser complains about")
}
