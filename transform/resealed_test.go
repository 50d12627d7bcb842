package transform

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"poolprep/validate"
	"poolprep/validate/ledger"
	"poolprep/validate/rule"
	"poolprep/validate/shard"
	"poolprep/validate/source/sourcetest"
)

// This file merges parts whose marks and files were changed by somebody who then made all
// checksums right: that may go through, or be refused with the name of the file.

// resealedParts are complete parts.
type resealedParts struct {
	*wholeAndParts
	plan *shard.Plan
	dirs []string
}

func newResealedParts(t *testing.T) *resealedParts {
	w := &wholeAndParts{dir: t.TempDir()}
	w.write(t, uglyExport(rand.New(rand.NewPCG(5, 1)), 30, 25), "login,mail,ok,name,hash,state\nu1,u1@example.com,1,N,,\n")
	m := readTestMapping(t, strings.Replace(partsMapping, "  password_hash: {from: hash, if-failed: empty}\n", "", 1))
	w.options = ConvertOptions{Mapping: m, Reading: validate.Reading{BlockSize: 300}, KeepGoing: true, Profile: true, PadRagged: true}
	_, plan := w.merged(t, 3, func(int, *ConvertOptions) {})
	p := &resealedParts{wholeAndParts: w, plan: plan}
	for k := range plan.Parts {
		p.dirs = append(p.dirs, filepath.Join(w.dir, fmt.Sprint("part-", k+1)))
	}
	return p
}

// file returns the path and the text of a file of part k, from 0, which is put back in the end.
func (p *resealedParts) file(t *testing.T, k int, name string) (path string, text []byte) {
	path = filepath.Join(p.dirs[k], name)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return path, text
}

// merge merges the parts. An error must name a file of them.
func (p *resealedParts) merge(t *testing.T, what string) error {
	err := func() error {
		set, err := shard.OpenSet(p.plan, p.dirs)
		if err != nil {
			return err
		}
		seed, err := p.plan.Seed()
		require.NoError(t, err)
		l := ledger.New(ledger.Options{Seed: seed})
		defer l.Close()
		output := p.output("again")
		output.Options.Store = new(sourcetest.Memory).Directory("test://run")
		_, err = Merge(t.Context(), MergeOptions{MergeOptions: validate.MergeOptions{Parts: set, Ledger: l}, Output: output})
		return err
	}()
	if err != nil {
		assert.Regexp(t, `/(part-|export-)`, err.Error(), what)
	}
	return err
}

// reseal writes a mark with the checksum that it needs.
func reseal(t *testing.T, path string, text []byte) {
	var m shard.Mark
	if json.Unmarshal(text, &m) == nil && m.Sum != "" {
		zeros := []byte(strings.Repeat("0", len(m.Sum)))
		text = bytes.Replace(text, []byte(m.Sum), zeros, 1)
		text = bytes.Replace(text, zeros, fmt.Appendf(nil, "%x", sha256.Sum256(text)), 1)
	}
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// TestMarksThatSayWhatCannotBe has in the place of each value of a mark another one.
func TestMarksThatSayWhatCannotBe(t *testing.T) {
	p := newResealedParts(t)
	others := []any{json.Number("-1"), json.Number("4611686018427387904"), "x", []any{}}
	if testing.Short() {
		others = others[:1]
	}
	path, good := p.file(t, 0, shard.MarkName)
	d := json.NewDecoder(bytes.NewReader(good))
	d.UseNumber()
	var root any
	require.NoError(t, d.Decode(&root))
	refused := 0
	try := func(what string) {
		text, err := json.Marshal(root)
		require.NoError(t, err)
		reseal(t, path, text)
		if p.merge(t, what) != nil {
			refused++
		}
	}
	var walk func(what string, v any, set func(any))
	walk = func(what string, v any, set func(any)) {
		for _, other := range others {
			set(other)
			try(fmt.Sprintf("%s = %v", what, other))
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				walk(what+"."+k, x, func(other any) { v[k] = other })
				delete(v, k)
				try(what + "." + k + " is not there")
				v[k] = x
			}
		case []any:
			if len(v) > 0 {
				walk(what+"[0]", v[0], func(other any) { v[0] = other })
			}
		}
	}
	walk("", root, func(other any) { root = other })
	require.Greater(t, refused, 50)
}

// TestMarksThatDoNotFit changes what marks say of the ranges.
func TestMarksThatDoNotFit(t *testing.T) {
	p := newResealedParts(t)
	for name, test := range map[string]struct {
		change  func(in *shard.Input)
		refused bool
	}{
		"nothing":           {func(*shard.Input) {}, false},
		"empty":             {func(in *shard.Input) { in.Empty = true }, true},
		"empty, no blocks":  {func(in *shard.Input) { in.Empty, in.Blocks = true, 0 }, true},
		"nothing made":      {func(in *shard.Input) { in.Made = nil }, true},
		"other made":        {func(in *shard.Input) { in.Made = json.RawMessage(`[]`) }, true},
		"many blocks":       {func(in *shard.Input) { in.Blocks = 1 << 62 }, true},
		"less than nothing": {func(in *shard.Input) { in.Blocks = -1 }, true},
		"a block less":      {func(in *shard.Input) { in.Blocks-- }, true},
		"keys":              {func(in *shard.Input) { in.Ledger.Keys = make([]ledger.Column, 100) }, true},
		"no keys":           {func(in *shard.Input) { in.Ledger.Keys = nil }, true},
		"limit":             {func(in *shard.Input) { in.Ledger.Limit = 1 }, true},
		"size":              {func(in *shard.Input) { in.Ledger.Size = 1 << 62 }, false},
		"size below 0":      {func(in *shard.Input) { in.Ledger.Size = -1 << 62 }, false},
		"rows":              {func(in *shard.Input) { in.Ledger.MaxRows = -1 << 62 }, false},
		"levels":            {func(in *shard.Input) { in.Levels = []shard.Level{{Code: rule.UsernameDuplicate, Severity: 99}} }, false},
		"findings":          {func(in *shard.Input) { in.Findings = []rule.Finding{{Severity: 99}} }, false},
		"counts":            {func(in *shard.Input) { in.Counts.RowsRead = -1 << 63 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			path, good := p.file(t, 0, shard.MarkName)
			var m shard.Mark
			require.NoError(t, json.Unmarshal(good, &m))
			test.change(&m.Inputs[0])
			text, err := json.MarshalIndent(&m, "", " ")
			require.NoError(t, err)
			reseal(t, path, text)
			err = p.merge(t, name)
			require.Equal(t, test.refused, err != nil, "%v", err)
			require.NoError(t, os.WriteFile(path, good, 0o600))
		})
	}
}

// TestFilesThatSayWhatCannotBe changes bytes of the files of a part at random.
func TestFilesThatSayWhatCannotBe(t *testing.T) {
	p := newResealedParts(t)
	rounds := 500
	if testing.Short() {
		rounds = 100
	}
	r := rand.New(rand.NewPCG(1, 1))
	markPath, mark := p.file(t, 0, shard.MarkName)
	for _, name := range []string{shard.FactsName, shard.MadeName, shard.ShapesName} {
		path, good := p.file(t, 0, name)
		refused := 0
		for round := range rounds {
			text := changed(r, good, name == shard.FactsName)
			var m shard.Mark
			require.NoError(t, json.Unmarshal(mark, &m))
			i := slices.IndexFunc(m.Files, func(f shard.File) bool { return f.Name == name })
			m.Files[i].Bytes, m.Files[i].CRC32C = int64(len(text)), shard.Checksum(text)
			text2, err := json.MarshalIndent(&m, "", " ")
			require.NoError(t, err)
			reseal(t, markPath, text2)
			require.NoError(t, os.WriteFile(path, text, 0o600))
			if p.merge(t, fmt.Sprint(name, " ", round)) != nil {
				refused++
			}
		}
		require.Greater(t, refused, rounds/10, name)
		require.NoError(t, os.WriteFile(path, good, 0o600))
	}
}

// changed returns the text of a file with a few other bytes. Of facts each block has its
// checksum.
func changed(r *rand.Rand, good []byte, facts bool) []byte {
	text := bytes.Clone(good)
	for range 1 + r.IntN(3) {
		switch at := r.IntN(len(text)); r.IntN(4) {
		case 0:
			text[at] = byte(r.IntN(256))
		case 1:
			text[at] ^= 1 << r.IntN(8)
		case 2:
			text[at] = []byte{0, 1, 0x7F, 0x80, 0xFE, 0xFF}[r.IntN(6)]
		case 3:
			if !facts {
				text = slices.Insert(text, at, bytes.Repeat([]byte{0xFF}, 1+r.IntN(9))...)
			}
		}
	}
	const head = 4 + 4 // the magic, and the length of the body
	for at := 0; facts && at < len(good); {
		copy(text[at:], good[at:at+head])
		end := at + head + int(binary.LittleEndian.Uint32(good[at+4:]))
		binary.LittleEndian.PutUint32(text[end:], shard.Checksum(text[at+head:end]))
		at = end + 4
	}
	return text
}
