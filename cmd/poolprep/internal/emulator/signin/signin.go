// Package signin lets users of a pool sign in, as their applications do: app clients, sign-in
// with a password, tokens and what can be done with them, and passwords that are set, changed,
// reset and forgotten. An old password verifies against the hash that was imported.
//
// It does not keep users or know the schema of a pool: Users and Pool are what it needs of
// them. The texts of errors are those of the service where they are known; docs/emulator.md
// lists which are not.
//
// A sign-in only reads the state, and no transaction is open while a password is hashed:
// tokens are signed or sealed, not stored. What is stored is what ends them: the time at which
// a user signed out everywhere, and refresh tokens that were revoked.
//
// A Service is safe for concurrent use.
package signin

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// DB is the state. Its methods are those of a bbolt database.
type DB interface {
	View(func(*bbolt.Tx) error) error
	Update(func(*bbolt.Tx) error) error
}

// Pool is what sign-in needs of a user pool.
type Pool interface {
	ID() string
	// CheckPassword returns an error for the client if the pool's policy forbids a password.
	CheckPassword(password string) error
	// RecoveryAttributes returns email and phone_number in the order in which they serve to
	// get a password back; one that may not is missing.
	RecoveryAttributes() []string
	// AutoVerified returns email, phone_number or both: those that a code verifies.
	AutoVerified() []string
}

// Status values of a user on which sign-in depends, as the API spells them.
const (
	Confirmed           = "CONFIRMED"
	Unconfirmed         = "UNCONFIRMED"
	ResetRequired       = "RESET_REQUIRED"
	ForceChangePassword = "FORCE_CHANGE_PASSWORD"
)

// User is what sign-in needs to know of a user. It belongs to whoever asked for it.
type User struct {
	Key        []byte // under which the user is found again
	Sub        string
	Username   string
	Status     string
	Disabled   bool
	MFA        bool
	Groups     []string    // in order of precedence
	Attributes []Attribute // without sub
	Hash       []byte      // of the password, nil if there is none
}

// Attribute is an attribute of a user.
type Attribute struct{ Name, Value string }

// value returns an attribute, "" if the user has none of the name.
func (u *User) value(name string) string {
	for _, a := range u.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// Users are the users of all pools.
type Users interface {
	// Find returns the user with a username or an alias, nil if there is none.
	Find(tx *bbolt.Tx, pool, name string) (*User, error)
	// ByKey returns the user with a Key, nil if there is none.
	ByKey(tx *bbolt.Tx, pool string, key []byte) (*User, error)
	// Set gives a user a status and, if hash is not nil, a password.
	Set(tx *bbolt.Tx, pool string, key []byte, status string, hash []byte) error
	// Create makes a user who signs up, and is not confirmed. The error may be for the client.
	Create(tx *bbolt.Tx, pool, username string, attributes []Attribute, hash []byte) (*User, error)
	// Confirm confirms a user, and makes the address verified that is the attribute of a name, if
	// it is not "". An alias of another user is an error, unless it is to move.
	Confirm(tx *bbolt.Tx, pool string, key []byte, verified string, move bool) error
}

// Options are what a Service needs. All members are required.
type Options struct {
	DB     DB
	Secret []byte // of the state; refresh tokens and sessions are sealed with a key made of it
	Now    func() time.Time
	Pool   func(id string) (Pool, error) // the error is for the client
	Users  Users
}

// Service has the operations. A method with the name of an operation carries it out; its
// errors that a client gets are *Error.
type Service struct {
	o    Options
	keys keys
	seal *sealer
}

// The buckets of the state that belong to sign-in, beside keysBucket.
var (
	clientsBucket = []byte("signin-clients") // client ID -> Client
	usersBucket   = []byte("signin-users")   // pool ID -> key of the user -> userState
	revokedBucket = []byte("signin-revoked") // origin_jti -> nothing
)

// New returns a Service.
func New(o Options) (*Service, error) {
	if o.DB == nil || o.Now == nil || o.Pool == nil || o.Users == nil || len(o.Secret) == 0 {
		return nil, errors.New("signin: all options are required")
	}
	s := &Service{o: o, keys: keys{db: o.DB}}
	var err error
	if s.seal, err = newSealer(o.Secret); err != nil {
		return nil, err
	}
	return s, o.DB.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{clientsBucket, usersBucket, revokedBucket, keysBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Call is a call of an operation.
type Call struct {
	Context context.Context
	Base    string // scheme and host by which the client has reached us, such as http://127.0.0.1:9400
}

// userState is what sign-in keeps of a user. It belongs to the user with the Sub, not to a
// later one with the same username.
type userState struct {
	Sub       string `json:"sub"`
	SignedOut int64  `json:"out,omitempty"` // sessions up to that time have ended, milliseconds
	Code      *code  `json:"code,omitempty"`
}

// stateOf returns what is kept of a user.
func stateOf(tx *bbolt.Tx, pool string, u *User) (userState, error) {
	none := userState{Sub: u.Sub}
	b := tx.Bucket(usersBucket).Bucket([]byte(pool))
	if b == nil {
		return none, nil
	}
	text := b.Get(u.Key)
	if text == nil {
		return none, nil
	}
	var st userState
	if err := json.Unmarshal(text, &st); err != nil {
		return none, errors.New("the state is damaged: the sign-in of a user")
	}
	if st.Sub != u.Sub {
		return none, nil
	}
	return st, nil
}

func putState(tx *bbolt.Tx, pool string, u *User, st userState) error {
	b, err := tx.Bucket(usersBucket).CreateBucketIfNotExists([]byte(pool))
	if err != nil {
		return err
	}
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return b.Put(u.Key, text)
}

// find returns the user with a name in the pool of a client, and what is kept of that user;
// nil if there is none.
func (s *Service) find(pool, name string) (u *User, st userState, err error) {
	err = s.o.DB.View(func(tx *bbolt.Tx) error {
		if u, err = s.o.Users.Find(tx, pool, name); err != nil || u == nil {
			return err
		}
		st, err = stateOf(tx, pool, u)
		return err
	})
	return u, st, err
}

// again returns a user that was found before, an error for the client if it is gone.
func (s *Service) again(tx *bbolt.Tx, pool string, u *User) (*User, error) {
	now, err := s.o.Users.ByKey(tx, pool, slices.Clone(u.Key))
	if err == nil && (now == nil || now.Sub != u.Sub) {
		return nil, errNoUser
	}
	return now, err
}

// now returns the time to the millisecond.
func (s *Service) now() time.Time { return s.o.Now().Truncate(time.Millisecond).UTC() }
