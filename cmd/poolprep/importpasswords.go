package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/cognito"
	"poolprep/cmd/poolprep/internal/importjob"
)

// passwordsCommand holds the flags of import passwords.
type passwordsCommand struct {
	*streams
	aws      awsFlags
	progress progressFlags
	pool     string
	reset    bool
	rate     float64
	limit    int64
	dry      bool
	yes      bool
}

func newImportPasswords(s *streams) *cobra.Command {
	c := &passwordsCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "passwords DIR",
		Short: "Show who needs a password after an import, and reset passwords",
		Long: `passwords shows how many users were imported with and without a password hash, and
how the latter get a password. It calls no service, and exits with 2 if the outcome
of a row is unknown.

With --reset it calls AdminResetUserPassword for every user that was imported
without a hash, and for nobody else: the service then sends each of them a code by
e-mail or SMS. After an interruption the same command resumes; no password is reset
twice, except that of a user whose reply was lost. It asks for the ID of the pool
first; --limit N stops after N users, for a trial.`,
		Example: `  poolprep import passwords run-1
  poolprep import passwords run-1 --reset --rate 20`,
		Args: oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args[0]) },
	}
	fs := cmd.Flags()
	c.rate = importjob.DefaultResetRate
	bind(fs, "reset", &c.reset)
	bind(fs, "rate", &c.rate)
	bind(fs, "limit", &c.limit)
	bind(fs, "dry-run", &c.dry)
	bind(fs, "yes", &c.yes)
	bind(fs, "user-pool-id", &c.pool)
	c.aws.add(fs)
	c.progress.add(fs)
	return cmd
}

func (c *passwordsCommand) run(ctx context.Context, dir string) error {
	if err := checkRate(c.rate); err != nil {
		return err
	}
	run, err := openRun(ctx, dir)
	if err != nil {
		return err
	}
	if c.reset {
		return c.resetAll(ctx, run)
	}
	if c.limit > 0 || c.dry {
		return errors.New("--limit and --dry-run go with --reset")
	}
	p, err := run.CountPasswords(ctx)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprint(c.out, passwordsText(run.Path, p)); err != nil {
		return err
	}
	if text := run.NothingToImport(); text != "" {
		printf(c.err, "%s\n", text)
	}
	if p.Unknown > 0 {
		return fmt.Errorf("the outcome of %s is unknown; `poolprep import run` continues with them", count(p.Unknown, "row"))
	}
	return nil
}

// passwordsText says who needs a password, and how they get one.
func passwordsText(dir string, p *importjob.Passwords) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s imported with a password hash: they sign in as before (status CONFIRMED).\n", were(p.WithHash))
	fmt.Fprintf(&b, "%s imported without: they must set a password first (status RESET_REQUIRED).\n", were(p.WithoutHash))
	if len(p.Missing) > 0 {
		fmt.Fprintf(&b, "Not counted, since their outcome is not known yet: %s (%s).\n", count(p.Unknown, "row"), chunkList(p.Missing))
	}
	if p.WithoutHash == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, `
A user in RESET_REQUIRED gets a PasswordResetRequiredException at sign-in, and gets a new password in one of these ways:

  by themselves    "Forgot your password?" in the app or on the hosted page (ForgotPassword, then ConfirmForgotPassword
                   with the code that the service sends). It needs a verified e-mail address or phone number.
  by a message     poolprep import passwords %s --reset
                   calls AdminResetUserPassword for exactly these users: each gets a code at once, and sets the password
                   with it (ConfirmForgotPassword). Tell the app team and support before.
  by you           aws cognito-idp admin-set-user-password --user-pool-id ID --username NAME --password ... --permanent
                   gives one user a password that you know; it is for tests, and for people whom you can tell in person.

In a pool with passwordless sign-in (one-time codes, passkeys) users with a matching factor are CONFIRMED and need none.
`, shellWord(dir))
	return b.String()
}

// chunkList names chunks by their numbers.
func chunkList(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	if len(words) == 1 {
		return "chunk " + words[0]
	}
	return "chunks " + strings.Join(words, ", ")
}

// wereReset says how many passwords earlier commands have reset.
func wereReset(n int64) string {
	if n == 1 {
		return "1 was reset before"
	}
	return humanize.Comma(n) + " were reset before"
}

func were(n int64) string {
	if n == 1 {
		return "1 user was"
	}
	return humanize.Comma(n) + " users were"
}

func (c *passwordsCommand) resetAll(ctx context.Context, run *importjob.RunDir) error {
	pool := c.pool
	if pool == "" {
		var err error
		if pool, err = run.Pool(); err != nil {
			return err
		}
	}
	o := importjob.ResetOptions{Pool: c.pool, Rate: c.rate, Limit: c.limit, DryRun: true}
	left, err := run.ResetPasswords(ctx, o)
	if err != nil {
		return err
	}
	if c.dry {
		printf(c.err, "%s would be reset now, and %s; each sends a message\n", count(left.Left, "password"), wereReset(left.Done))
		return nil
	}
	if !c.yes {
		if err := confirm(ctx, c.streams, fmt.Sprintf("reset %s, each with a message to the user", count(left.Left, "password")), pool); err != nil {
			return err
		}
	}
	client, err := cognito.Dial(ctx, c.aws.config(pool))
	if err != nil {
		return err
	}
	o.DryRun, o.API, o.Observer = false, client, c.progress.observer(c.streams)
	out, err := run.ResetPasswords(ctx, o)
	if out != nil {
		fmt.Fprintf(c.err, "%s so far\n", count(out.Done, "password reset"))
	}
	if ctx.Err() != nil {
		fmt.Fprintln(c.err, "The same command continues where this one stopped.")
	}
	if err != nil {
		return err
	}
	if len(out.Refused) == 0 {
		return nil
	}
	for _, code := range slices.Sorted(maps.Keys(out.Refused)) {
		printf(c.err, "  %12s  refused: %s\n", humanize.Comma(out.Refused[code]), code)
	}
	fmt.Fprintf(c.err, "passwords.jsonl has chunk and line of each; the same command tries them again.\n")
	return errFindings
}
