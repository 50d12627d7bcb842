package source

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAwait(t *testing.T) {
	broken := errors.New("broken")
	got, err := Await(t.Context(), func() (int, error) { return 7, broken })
	assert.Equal(t, 7, got)
	assert.Equal(t, broken, err)
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	defer close(release)
	got, err = Await(ctx, func() (int, error) {
		cancel()
		<-release // as from a pipe that nobody writes into
		return 7, nil
	})
	assert.Zero(t, got)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Await(ctx, func() (int, error) { panic("it does not begin") })
	require.ErrorIs(t, err, context.Canceled)
}

func TestUntilDone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := UntilDone(ctx, strings.NewReader("hello"))
	n, err := r.Read(make([]byte, 2))
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	cancel()
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, context.Canceled)
}
