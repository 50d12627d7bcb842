// Package store is the state of the emulator: one bbolt database, in a data directory or in a
// file that ends with the process. It knows the buckets, makes the secret and the numbers of
// attributes, counts users, and keeps which job is active. What a record in a bucket means is
// the job of the package that writes it. Packages signin, roles and outbox have buckets of
// their own in the same database.
//
// What is read of a bucket belongs to the database and ends with the transaction.
package store

import (
	"bytes"
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

	"poolprep/cmd/poolprep/internal/emulator/wire"
	"poolprep/validate/schema"
	"poolprep/validate/source"
)

// The buckets of the database. Those of jobs, users, aliases, hashes and groups hold one
// bucket for each pool, that of logs one for each job.
var (
	Jobs    = []byte("jobs")    // number -> job
	JobIDs  = []byte("job-ids") // job ID -> number and pool ID
	Users   = []byte("users")   // folded username -> user
	Aliases = []byte("aliases") // kind and folded value -> key of the user
	// Password hashes: key of the user -> hash. Nothing but sign-in reads them.
	ImportedHashes = []byte("hashes-imported")
	Hashes         = []byte("hashes")        // of passwords that were set here; they come first
	Groups         = []byte("groups")        // name -> group
	Members        = []byte("group-members") // two keys for each membership -> nothing
	Logs           = []byte("logs")          // number of the event, from 0 -> time and message
	Pools          = []byte("pools")         // ID -> pool that calls made or changed
	metaBucket     = []byte("meta")          // what follows, and counts of users and names of attributes by pool
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

// StateFile is the name of the database in the data directory, UploadDir that of the directory
// of the uploads.
const (
	StateFile = "state.db"
	UploadDir = "uploads"
)

// Store is the database. It is safe for concurrent use.
type Store struct {
	*bbolt.DB
	Secret  []byte    // signs URLs and tokens; it is not to be changed
	Created time.Time // when the state was made
	remove  string    // the file to remove at the end, where an open file cannot be unlinked
}

// CheckDir returns an error if the directory may hold files of somebody else where
// the server has its own, or links that lead to such files. "" is none.
func CheckDir(dir string) error {
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

// Open opens the database in dir, or one that ends with the process.
func Open(dir string, now time.Time) (*Store, error) {
	st := &Store{}
	o := &bbolt.Options{Timeout: 100 * time.Millisecond, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 64 << 20}
	path := filepath.Join(dir, StateFile)
	if dir == "" {
		o.NoSync = true
		o.OpenFile = func(string, int, os.FileMode) (*os.File, error) {
			f, err := Nameless("poolprep-emulate-*.db")
			if err == nil && f.Named {
				st.remove = f.Name()
			}
			return f.File, err
		}
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, source.CreateError(dir, err)
	}
	var err error
	st.DB, err = bbolt.Open(path, 0o600, o)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%s is in use by another emulator; stop that one, or choose another --data-dir", dir)
	}
	if err != nil {
		return nil, source.CreateError(path, err)
	}
	if err := st.DB.Update(func(tx *bbolt.Tx) error { return st.prepare(tx, path, now) }); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return st, nil
}

// prepare makes what is not there and reads what is.
func (st *Store) prepare(tx *bbolt.Tx, path string, now time.Time) error {
	if first, _ := tx.Cursor().First(); first != nil && tx.Bucket(metaBucket) == nil {
		return fmt.Errorf("%s is a database of another program; choose another --data-dir", path)
	}
	for _, name := range [][]byte{metaBucket, Jobs, JobIDs, Users, Aliases, ImportedHashes, Hashes, Groups, Members, Logs, Pools} {
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
		err := errors.Join(meta.Put(versionKey, []byte(stateVersion)), meta.Put(secretKey, secret), meta.Put(createdKey, Number(uint64(now.UnixMilli()))))
		if err != nil {
			return err
		}
	}
	st.Secret = slices.Clone(meta.Get(secretKey))
	st.Created = time.UnixMilli(int64(NumberOf(meta.Get(createdKey)))).UTC()
	return nil
}

// Close ends the use of the database, and removes it if it was to end with the process.
func (st *Store) Close() error {
	err := st.DB.Close()
	if st.remove != "" {
		err = errors.Join(err, os.Remove(st.remove))
	}
	return err
}

// Tokens makes the tokens of listings.
func (st *Store) Tokens() wire.Tokens { return st.Secret }

// Number writes n so that keys are in the order of their numbers.
func Number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// NumberOf reads what number wrote, and 0 from anything shorter.
func NumberOf(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// File is an open file that has no name any more, unless named says that the
// system does not let an open file lose it.
type File struct {
	*os.File
	Named bool
}

// Nameless makes an empty file, mode 0600, that nobody else can open and that
// ends with the process, however that ends.
func Nameless(pattern string) (File, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return File{}, err
	}
	return File{f, os.Remove(f.Name()) != nil}, nil
}

// Discard closes the file and removes what is left of it.
func (f File) Discard() error {
	err := f.Close()
	if f.Named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// Attributes numbers the names of a pool's attributes, so that a user's record
// need not spell them. Names are only ever added. It is immutable.
type Attributes struct {
	Names []string       // by number
	IDs   map[string]int // number by name
}

// Attributes returns the numbers for a pool, new ones for names that are new.
func (st *Store) Attributes(pool string, p *schema.Pool) (*Attributes, error) {
	a := &Attributes{IDs: make(map[string]int)}
	key := []byte("attributes/" + pool)
	err := st.DB.Update(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if text := meta.Get(key); text != nil {
			if err := json.Unmarshal(text, &a.Names); err != nil {
				return fmt.Errorf("the state is damaged: attributes of %s: %w", pool, err)
			}
		}
		known := len(a.Names)
		for _, attribute := range p.Attributes {
			if name := attribute.Name; !slices.Contains(a.Names, name) {
				a.Names = append(a.Names, name)
			}
		}
		if len(a.Names) == known {
			return nil
		}
		text, err := json.Marshal(a.Names)
		if err != nil {
			return err
		}
		return meta.Put(key, text)
	})
	for i, name := range a.Names {
		a.IDs[name] = i
	}
	return a, err
}

// In returns the bucket of a pool within one of the above, made if it is
// not there; nil in a transaction that only reads.
func In(tx *bbolt.Tx, bucket []byte, pool string) (*bbolt.Bucket, error) {
	b := tx.Bucket(bucket)
	if !tx.Writable() {
		return b.Bucket([]byte(pool)), nil
	}
	return b.CreateBucketIfNotExists([]byte(pool))
}

// UserCount returns how many users a pool has.
func UserCount(tx *bbolt.Tx, pool string) int64 {
	return int64(NumberOf(tx.Bucket(metaBucket).Get([]byte("users/" + pool))))
}

// AddUserCount changes how many users a pool has.
func AddUserCount(tx *bbolt.Tx, pool string, n int64) error {
	return tx.Bucket(metaBucket).Put([]byte("users/"+pool), Number(uint64(UserCount(tx, pool)+n)))
}

// ActiveJob returns the ID of the import job that was started and has not ended, "" if there is none.
func ActiveJob(tx *bbolt.Tx) string { return string(tx.Bucket(metaBucket).Get(activeKey)) }

// SetActiveJob notes which job is active, "" if none is.
func SetActiveJob(tx *bbolt.Tx, id string) error {
	if id == "" {
		return tx.Bucket(metaBucket).Delete(activeKey)
	}
	return tx.Bucket(metaBucket).Put(activeKey, []byte(id))
}

// Forget removes what the store itself keeps of a pool: the count of its users and the
// numbers of its attributes.
func Forget(tx *bbolt.Tx, pool string) error {
	meta := tx.Bucket(metaBucket)
	return errors.Join(meta.Delete([]byte("users/"+pool)), meta.Delete([]byte("attributes/"+pool)))
}

// Drop removes the bucket with a name, if there is one.
func Drop(in *bbolt.Bucket, name string) error {
	if in.Bucket([]byte(name)) == nil {
		return nil
	}
	return in.DeleteBucket([]byte(name))
}

// KeysWith returns copies of the keys of a bucket, which may be nil, that begin with a prefix.
func KeysWith(b *bbolt.Bucket, prefix []byte) (keys [][]byte) {
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	return keys
}
