package importjob

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"poolprep/validate/schema"
)

// knowPool finds out the pool's name, which is in that of the log group.
func (d *driver) knowPool(ctx context.Context) error {
	if d.poolName != "" {
		return nil
	}
	pool, err := d.call.Pool(ctx, d.o.Pool)
	if err != nil {
		return err
	}
	d.poolName = pool.Name
	return nil
}

// verifyChunks compares what is left to import with the manifest. A line map is only
// needed once the job is over, and then nothing would bring the results back.
func (d *driver) verifyChunks(ctx context.Context) error {
	for i, c := range d.state.chunks {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := &d.Manifest.Chunks[i]
		if c.done(chunk) {
			continue
		}
		if err := chunk.Verify(d.Path); err != nil {
			return err
		}
	}
	return nil
}

// preflight looks, before any job is made, at what would let all of them fail.
func (d *driver) preflight(ctx context.Context) error {
	pool, err := d.call.Pool(ctx, d.o.Pool)
	if err != nil {
		return err
	}
	d.poolName = pool.Name
	if len(pool.AutoVerified) == 0 {
		return fmt.Errorf("the pool %s verifies neither e-mail nor phone automatically, and so starts no import job; set AutoVerifiedAttributes of the pool first", d.o.Pool)
	}
	if err := d.checkHeaders(ctx, pool); err != nil {
		return err
	}
	if !sameSchema(pool, d.Manifest.Schema) {
		notef(d.o.Observer, "The schema of the pool %s is not the one that the rows were judged by. The columns are right, but rows that passed may still fail: get the pool's schema with `poolprep schema fetch`, and convert again with it.", d.o.Pool)
	}
	return d.call.CheckLogs(ctx, d.o.Pool, d.poolName)
}

// checkHeaders compares the header of each chunk with that of the pool.
func (d *driver) checkHeaders(ctx context.Context, pool *schema.Pool) error {
	for i := range d.Manifest.Chunks {
		chunk := &d.Manifest.Chunks[i]
		if !d.state.chunks[i].needsJob(chunk) {
			continue
		}
		header, err := d.header(ctx, i+1)
		if err != nil {
			return err
		}
		if text := headerDifference(pool.Header, header, chunk.PasswordHashAlgorithm != ""); text != "" {
			return fmt.Errorf("%s: the header is not that of the pool %s: %s. Get the pool's schema with `poolprep schema fetch`, and convert with it", d.file(chunk.File), d.o.Pool, text)
		}
	}
	return nil
}

// header returns the columns of a chunk, by number from 1.
func (d *RunDir) header(ctx context.Context, number int) ([]string, error) {
	for row, err := range d.chunkRows(ctx, number) {
		if err != nil {
			return nil, err
		}
		return row.Strings(), nil
	}
	return nil, d.emptyChunk(number)
}

func (d *RunDir) emptyChunk(number int) error {
	return fmt.Errorf("%s is empty; convert again", d.file(d.Manifest.Chunks[number-1].File))
}

// headerDifference says what is different, "" if nothing is. The order of columns
// is free. A column of password hashes belongs to a job that names their algorithm,
// whether the pool's template has it or not.
func headerDifference(pool, chunk []string, hashes bool) string {
	var missing, unknown []string
	for _, name := range pool {
		if !slices.Contains(chunk, name) && name != schema.HashColumn {
			missing = append(missing, name)
		}
	}
	for _, name := range chunk {
		if !slices.Contains(pool, name) && (name != schema.HashColumn || !hashes) {
			unknown = append(unknown, name)
		}
	}
	var parts []string
	if len(missing) > 0 {
		parts = append(parts, "it lacks "+strings.Join(missing, ", "))
	}
	if len(unknown) > 0 {
		parts = append(parts, "the pool has no "+strings.Join(unknown, ", "))
	}
	return strings.Join(parts, "; ")
}

// sameSchema compares a pool with the fingerprint in a manifest. ID and name do not
// count: a schema file need not state them. Nor does the column of password hashes: --password-hash
// says how they are judged, and the headers of the chunks are compared by themselves.
func sameSchema(pool *schema.Pool, fingerprint string) bool {
	p := *pool
	withoutHash := slices.DeleteFunc(slices.Clone(pool.Header), func(column string) bool { return column == schema.HashColumn })
	for _, p.Header = range [][]string{pool.Header, withoutHash} {
		for _, p.ID = range []string{pool.ID, ""} {
			for _, p.Name = range []string{pool.Name, ""} {
				if p.Fingerprint() == fingerprint {
					return true
				}
			}
		}
	}
	return false
}
