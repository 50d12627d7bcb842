package source

import (
	"context"
	"io"
)

// Await returns what step returns, which may have to wait for input such as a pipe, or
// the error of ctx when that ends first; then step is left behind in a goroutine of its
// own, and what it works with must not be used any more.
func Await[T any](ctx context.Context, step func() (T, error)) (result T, err error) {
	if err := ctx.Err(); err != nil {
		return result, err
	}
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := step()
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return result, ctx.Err()
	}
}

// UntilDone returns a reader of r whose Read returns the error of ctx once that has
// ended. A Read that waits is not interrupted.
func UntilDone(ctx context.Context, r io.Reader) io.Reader { return &untilDone{ctx, r} }

type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
