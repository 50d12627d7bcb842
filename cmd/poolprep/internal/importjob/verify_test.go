package importjob

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/transform/sink"
)

func verifyLines(t *testing.T, d *RunDir, f *fake) (lines []string, ids []string, out *Verified) {
	t.Helper()
	out, err := d.Verify(t.Context(), VerifyOptions{API: f, Clock: f.clock, Observer: &recorder{},
		Deliver: func(x Difference) error {
			lines = append(lines, fmt.Sprintf("%s:%d: %s", x.File[strings.LastIndex(x.File, "/")+1:], x.Line, x.What))
			return nil
		},
		Subs: func(u Identity) error {
			ids = append(ids, u.Username+" "+u.Sub[:strings.LastIndex(u.Sub, "-")])
			return nil
		},
	})
	require.NoError(t, err)
	return lines, ids, out
}

func TestVerify(t *testing.T) {
	for _, compression := range []sink.Compression{sink.Plain, sink.Gzip} {
		d := makeRun(t, t.TempDir(), 4, compression, threeChunks)
		f := newFake(newFakeClock())
		f.users["old"] = 1
		f.add("old")
		_, err := d.Import(t.Context(), f.options())
		require.NoError(t, err)
		lines, ids, out := verifyLines(t, d, f)
		assert.Equal(t, []string{"export.csv:4: missing", "export.csv:8: missing", "export.csv:12: missing"}, lines, "failed rows are missing, skipped ones are compared")
		assert.Equal(t, []string{"u1 u1", "u2 u2", "u4 u4", "old old", "u6 u6", "u8 u8", "u9 u9", "u10 u10"}, ids)
		assert.Equal(t, Verified{Rows: 11, Missing: 3}, *out)

		f.people["u2"].Status = "CONFIRMED"
		f.people["u4"].Attributes["email"] = "x@example.com"
		f.people["u4"].Attributes["name"] = "x"
		f.people["old"].Status = "FORCE_CHANGE_PASSWORD"
		delete(f.people["u6"].Attributes, "email_verified")
		delete(f.people, "u10")
		f.add("stranger")
		lines, _, out = verifyLines(t, d, f)
		assert.Equal(t, []string{
			"export.csv:4: missing", "export.csv:5: differs: email, name", "export.csv:6: differs: status FORCE_CHANGE_PASSWORD",
			"export.csv:7: differs: email_verified", "export.csv:8: missing", "export.csv:11: missing", "export.csv:12: missing",
		}, lines)
		assert.Equal(t, Verified{Rows: 11, Missing: 4, Different: 3, Confirmed: 1}, *out)
	}
}

func TestOldIDs(t *testing.T) {
	d := makeRun(t, t.TempDir(), 4, sink.Plain, threeChunks)
	f := newFake(newFakeClock())
	_, err := d.Import(t.Context(), f.options())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(d.file(sink.SideName), []byte("{\"v\":1,\"username\":\"u1\",\"id\":\"a-1\"}\n{\"v\":1,\"username\":\"u2\",\"id\":12}\n{\"v\":1,\"username\":\"u4\"}\n"), 0o600))
	side, err := d.SideIDs()
	require.NoError(t, err)
	column := d.ColumnIDs(t.Context(), "email", nil)
	var got []string
	_, err = d.Verify(t.Context(), VerifyOptions{API: f, Clock: f.clock, Observer: &recorder{}, Subs: func(u Identity) error {
		a, err := side.Of(&u)
		require.NoError(t, err)
		b, err := column.Of(&u)
		require.NoError(t, err)
		got = append(got, a+" "+b)
		return nil
	}})
	require.NoError(t, err)
	require.NoError(t, column.Close())
	assert.Equal(t, []string{"a-1 u1@example.com", "12 u2@example.com", " u4@example.com", " old@example.com", " u6@example.com", " u8@example.com", " u9@example.com", " u10@example.com"}, got)
	_, err = d.ColumnIDs(t.Context(), "none", nil).Of(&Identity{Username: "u1"})
	require.ErrorContains(t, err, "no column of that name")
}
