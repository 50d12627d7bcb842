//go:build unix

package cognito

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestConfigurationFromPipes is not waited for beyond ctx.
func TestConfigurationFromPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"} {
		t.Setenv(variable, pipe)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := Dial(ctx, Config{Region: "eu-west-1"})
		require.ErrorIs(t, err, context.DeadlineExceeded, variable)
		t.Setenv(variable, "/nonexistent")
	}
}
