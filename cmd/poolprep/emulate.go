package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"poolprep/cmd/poolprep/internal/emulator"
	"poolprep/cmd/poolprep/internal/emulator/console"
	"poolprep/validate/rule"
	"poolprep/validate/source"
)

// emulateCommand holds the flags of emulate.
type emulateCommand struct {
	*streams
	listen     string
	anywhere   bool
	pools      []string
	dataDir    string
	rate       int
	threshold  float64
	urlTTL     time.Duration
	jobTTL     time.Duration
	logDelay   time.Duration
	faults     []string
	messages   []string
	forget     bool
	checkRoles bool
	noHashes   bool
	header     choice
	severity   []string
	pending    time.Duration
	verbose    bool
}

func newEmulate(s *streams) *cobra.Command {
	c := &emulateCommand{streams: s}
	cmd := &cobra.Command{
		Use:   "emulate",
		Short: "Emulate the import service on this machine, for rehearsals",
		Long: `emulate serves what an import into a user pool needs, on one address: the
user-pool API, uploads by pre-signed URL, CloudWatch Logs, and sign-in with the
imported passwords. Point the AWS CLI
or an SDK at it with --endpoint-url or AWS_ENDPOINT_URL; it accepts any
credentials. In a browser the address shows a console with pools, import jobs and
their logs.

The first line on stdout is "listening on http://ADDRESS". It exits with 0 on
SIGINT, SIGTERM and SIGHUP.`,
		Example: `  poolprep emulate --pool pool.json --data-dir emulated
  aws cognito-idp list-user-import-jobs --endpoint-url http://127.0.0.1:9400 \
    --user-pool-id local_default --max-results 10
  poolprep emulate --fault StartUserImportJob:drop-reply:1 --fault upload:cut:2`,
		Args: takes(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	fs := cmd.Flags()
	c.listen, c.threshold, c.urlTTL, c.jobTTL = "127.0.0.1:9400", emulator.DefaultFailThreshold, emulator.DefaultURLTTL, emulator.DefaultJobTTL
	bind(fs, "listen", &c.listen)
	bind(fs, "allow-other-machines", &c.anywhere)
	bind(fs, "pool", &c.pools)
	bind(fs, "data-dir", &c.dataDir)
	bind(fs, "users-per-second", &c.rate)
	bind(fs, "fail-threshold", &c.threshold)
	bind(fs, "url-ttl", &c.urlTTL)
	bind(fs, "job-ttl", &c.jobTTL)
	bind(fs, "log-delay", &c.logDelay)
	c.pending = 500 * time.Millisecond
	bind(fs, "pending", &c.pending)
	bind(fs, "fault", &c.faults)
	bind(fs, "message", &c.messages)
	bind(fs, "forget-hashes", &c.forget)
	bind(fs, "check-roles", &c.checkRoles)
	bind(fs, "no-hash-import", &c.noHashes)
	c.header.value = "all"
	bind(fs, "header", &c.header)
	bind(fs, "severity", &c.severity)
	bind(fs, "verbose", &c.verbose)
	return cmd
}

// options returns what the flags ask for.
func (c *emulateCommand) options() (o emulator.Options, err error) {
	o = emulator.Options{
		DataDir: c.dataDir, UsersPerSecond: c.rate, FailThreshold: &c.threshold,
		URLTTL: c.urlTTL, JobTTL: c.jobTTL, LogDelay: c.logDelay, Pending: c.pending, ForgetHashes: c.forget, NoHashImport: c.noHashes, CheckRoles: c.checkRoles, Messages: make(map[string]string),
		Pages:   console.Handler(),
		Trouble: func(err error) { printf(c.err, "poolprep: the import job: %v\n", err) },
	}
	if c.verbose {
		o.Log = c.err
	}
	for _, path := range c.pools {
		p, err := emulator.LoadPool(path)
		if err != nil {
			return o, err
		}
		o.Pools = append(o.Pools, p)
	}
	if o.Severity, err = parseSeverities(c.severity); err != nil {
		return o, err
	}
	if _, stated := o.Severity[rule.HeaderMissingColumn]; c.header.value == "subset" && !stated {
		if o.Severity == nil {
			o.Severity = make(map[rule.Code]rule.Severity)
		}
		o.Severity[rule.HeaderMissingColumn] = rule.Off
	}
	for _, text := range c.faults {
		f, err := emulator.ParseFault(text)
		if err != nil {
			return o, fmt.Errorf("--fault: %w", err)
		}
		o.Faults = append(o.Faults, f)
	}
	for _, text := range c.messages {
		code, message, ok := strings.Cut(text, "=")
		if !ok || message == "" || strings.ContainsAny(message, "\r\n") {
			return o, fmt.Errorf("--message %q: CODE=TEXT is expected, TEXT being one line", text)
		}
		o.Messages[code] = message
	}
	return o, nil
}

func (c *emulateCommand) run(ctx context.Context) error {
	o, err := source.Await(ctx, c.options) // a pool may come from a pipe
	if err != nil {
		return err
	}
	listener, err := c.open()
	if err != nil {
		return err
	}
	server, err := source.Await(ctx, func() (*emulator.Server, error) { return emulator.New(o) })
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	err = c.serve(ctx, listener, server)
	return errors.Join(err, server.Close())
}

// open opens the address, which must be one that only this machine reaches
// unless the user says otherwise.
func (c *emulateCommand) open() (net.Listener, error) {
	if _, _, err := net.SplitHostPort(c.listen); err != nil {
		return nil, fmt.Errorf("--listen %q: ADDRESS:PORT is expected, such as 127.0.0.1:9400", c.listen)
	}
	address, err := net.ResolveTCPAddr("tcp", c.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", c.listen, err)
	}
	if !c.anywhere && !address.IP.IsLoopback() {
		return nil, fmt.Errorf("--listen %s: other machines would reach the emulator, which asks nobody for credentials; listen on 127.0.0.1, or say --allow-other-machines", c.listen)
	}
	l, err := net.ListenTCP("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", c.listen, err)
	}
	return l, nil
}

// serve serves until ctx ends.
func (c *emulateCommand) serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	h := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // of clients that went away or speak no HTTP
	}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	if _, err := fmt.Fprintf(c.out, "listening on http://%s\n", l.Addr()); err != nil {
		return errors.Join(err, h.Close())
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		_ = c.ending.settle(nil)
	}
	// A request under way gets a moment to end.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if h.Shutdown(last) != nil {
		_ = h.Close() // they had their moment
	}
	return nil
}
