package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/term"

	"poolprep/validate/source"
)

// confirm asks a person on a terminal to type the ID of a pool before something is done to its
// users that cannot be taken back.
func confirm(ctx context.Context, s *streams, what, pool string) error {
	if !term.IsTerminal(int(s.in.Fd())) {
		return fmt.Errorf("a confirmation is needed to %s: run it on a terminal, or with --yes; --dry-run shows what it would do. Nothing was done", what)
	}
	printf(s.err, "This is about to %s. Type the ID of the pool (%s) to go on: ", what, pool)
	answer, err := source.Await(ctx, func() (string, error) { return bufio.NewReader(s.in).ReadString('\n') })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if strings.TrimSpace(answer) != pool {
		return errors.Join(errors.New("this is not the ID of the pool; nothing was done"), err)
	}
	return nil
}
