package emulator

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// The buckets of the database. Those of jobs, users, aliases and hashes hold one
// bucket for each pool, that of logs one for each job.
var (
	metaBucket   = []byte("meta")    // what follows, and counts of users by pool
	jobsBucket   = []byte("jobs")    // number -> job
	jobIDsBucket = []byte("job-ids") // job ID -> number and pool ID
	usersBucket  = []byte("users")   // folded username -> user
	aliasBucket  = []byte("aliases") // kind and folded value -> key of the user
	// Password hashes: key of the user -> hash. Nothing but sign-in reads them.
	importedBucket  = []byte("hashes-imported")
	passwordsBucket = []byte("hashes") // of passwords that were set here; they come first
	logsBucket      = []byte("logs")   // number of the event, from 0 -> time and message
)

// Keys of the meta bucket.
var (
	versionKey = []byte("version")
	secretKey  = []byte("secret")  // signs URLs and tokens
	createdKey = []byte("created") // when the state was made
	activeKey  = []byte("active")  // ID of the job that was started and has not ended
)

// stateVersion is that of the form of the database.
const stateVersion = "1"

// StateFile is the name of the database in the data directory.
const StateFile = "state.db"

// state is the database.
type state struct {
	db      *bbolt.DB
	secret  []byte
	created time.Time
	remove  string // the file to remove at the end, where an open file cannot be unlinked
}

// checkDataDir returns an error if the directory may hold files of somebody else where
// the server has its own, or links that lead to such files. "" is none.
func checkDataDir(dir string) error {
	if dir == "" {
		return nil
	}
	db, uploads := filepath.Join(dir, StateFile), filepath.Join(dir, UploadDir)
	state, err := os.Lstat(db)
	if err == nil && !state.Mode().IsRegular() {
		return fmt.Errorf("%s must be a regular file, no link, directory or device; choose another --data-dir", db)
	}
	hasState := err == nil && state.Size() > 0
	switch info, err := os.Lstat(uploads); {
	case err != nil: // it is not there, or whoever makes it says why that cannot be
		return nil
	case !info.IsDir():
		return fmt.Errorf("%s must be a directory, no link or file; choose another --data-dir", uploads)
	case hasState:
		return nil
	}
	d, err := os.Open(uploads)
	if err != nil {
		return source.OpenError(uploads, err)
	}
	defer d.Close()
	switch _, err = d.Readdirnames(1); {
	case err == nil:
		return fmt.Errorf("%s holds files, but %s no state that they belong to; choose another --data-dir, or remove these files if they are of an earlier emulator", uploads, db)
	case !errors.Is(err, io.EOF):
		return source.OpenError(uploads, err)
	}
	return nil
}

// HoldsState reports whether dir is the data directory of an emulator.
func HoldsState(dir string) bool {
	state, err := os.Lstat(filepath.Join(dir, StateFile))
	if err != nil || !state.Mode().IsRegular() {
		return false
	}
	uploads, err := os.Lstat(filepath.Join(dir, UploadDir))
	return err == nil && uploads.IsDir()
}

// openState opens the database in dir, or one that ends with the process.
func openState(dir string, now time.Time) (*state, error) {
	st := &state{}
	o := &bbolt.Options{Timeout: 100 * time.Millisecond, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 20}
	path := filepath.Join(dir, StateFile)
	if dir == "" {
		o.NoSync = true
		o.OpenFile = func(string, int, os.FileMode) (*os.File, error) {
			f, err := nameless("poolprep-emulate-*.db")
			if err == nil && f.named {
				st.remove = f.Name()
			}
			return f.File, err
		}
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, source.CreateError(dir, err)
	}
	var err error
	st.db, err = bbolt.Open(path, 0o600, o)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use by another emulator; stop that one, or choose another --data-dir", dir)
	}
	if err != nil {
		return nil, source.CreateError(path, err)
	}
	if err := st.db.Update(func(tx *bbolt.Tx) error { return st.prepare(tx, path, now) }); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

// prepare makes what is not there and reads what is.
func (st *state) prepare(tx *bbolt.Tx, path string, now time.Time) error {
	if first, _ := tx.Cursor().First(); first != nil && tx.Bucket(metaBucket) == nil {
		return fmt.Errorf("%s is a database of another program; choose another --data-dir", path)
	}
	for _, name := range [][]byte{metaBucket, jobsBucket, jobIDsBucket, usersBucket, aliasBucket, importedBucket, passwordsBucket, groupsBucket, membersBucket, logsBucket, poolsBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta := tx.Bucket(metaBucket)
	if version := meta.Get(versionKey); version != nil && string(version) != stateVersion {
		return fmt.Errorf("%s was written by another version of the emulator; choose another --data-dir", path)
	} else if version == nil {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // it never fails
		err := errors.Join(meta.Put(versionKey, []byte(stateVersion)), meta.Put(secretKey, secret), meta.Put(createdKey, number(uint64(now.UnixMilli()))))
		if err != nil {
			return err
		}
	}
	st.secret = slices.Clone(meta.Get(secretKey))
	st.created = time.UnixMilli(int64(numberOf(meta.Get(createdKey)))).UTC()
	return nil
}

func (st *state) close() error {
	err := st.db.Close()
	if st.remove != "" {
		err = errors.Join(err, os.Remove(st.remove))
	}
	return err
}

// number writes n so that keys are in the order of their numbers.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// numberOf reads what number wrote, and 0 from anything shorter.
func numberOf(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// file is an open file that has no name any more, unless named says that the
// system does not let an open file lose it.
type file struct {
	*os.File
	named bool
}

// nameless makes an empty file, mode 0600, that nobody else can open and that
// ends with the process, however that ends.
func nameless(pattern string) (file, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return file{}, err
	}
	return file{f, os.Remove(f.Name()) != nil}, nil
}

// attributes numbers the names of a pool's attributes, so that a user's record
// need not spell them. Names are only ever added. It is immutable.
type attributes struct {
	names []string
	ids   map[string]int
}

// attributes returns the numbers for a pool, new ones for names that are new.
func (st *state) attributes(pool string, p *schema.Pool) (*attributes, error) {
	a := &attributes{ids: make(map[string]int)}
	key := []byte("attributes/" + pool)
	err := st.db.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if text := meta.Get(key); text != nil {
			if err := json.Unmarshal(text, &a.names); err != nil {
				return fmt.Errorf("the state is damaged: attributes of %s: %w", pool, err)
			}
		}
		known := len(a.names)
		for _, attribute := range p.Attributes {
			if name := attribute.Name; !slices.Contains(a.names, name) {
				a.names = append(a.names, name)
			}
		}
		if len(a.names) == known {
			return nil
		}
		text, err := json.Marshal(a.names)
		if err != nil {
			return err
		}
		return meta.Put(key, text)
	})
	for i, name := range a.names {
		a.ids[name] = i
	}
	return a, err
}

// inPool returns the bucket of a pool within one of those above, made if it is
// not there; nil in a transaction that only reads.
func inPool(tx *bbolt.Tx, bucket []byte, pool string) (*bbolt.Bucket, error) {
	b := tx.Bucket(bucket)
	if !tx.Writable() {
		return b.Bucket([]byte(pool)), nil
	}
	return b.CreateBucketIfNotExists([]byte(pool))
}

// userCount returns how many users a pool has.
func userCount(tx *bbolt.Tx, pool string) int64 {
	return int64(numberOf(tx.Bucket(metaBucket).Get([]byte("users/" + pool))))
}

// addUserCount changes how many users a pool has.
func addUserCount(tx *bbolt.Tx, pool string, n int64) error {
	return tx.Bucket(metaBucket).Put([]byte("users/"+pool), number(uint64(userCount(tx, pool)+n)))
}
