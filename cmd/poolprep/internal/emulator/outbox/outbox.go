// Package outbox keeps the messages that the emulator would send to users: codes and
// temporary passwords, by e-mail or SMS. Nothing is ever sent. The messages are part of the
// state, in a bucket of their own, so that one that belongs to a change is kept in the
// transaction of that change. It knows no pool and no user.
package outbox

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Bucket is the name of the bucket with the messages: number -> message.
var Bucket = []byte("outbox")

// keep is how many messages there are at most; the oldest make room.
const keep = 200_000

// Media of a message, as the API spells them.
const (
	Email = "EMAIL"
	SMS   = "SMS"
)

// Message is a message to a user.
type Message struct {
	Pool     string    `json:"pool"` // ID
	Username string    `json:"username"`
	To       string    `json:"to"`     // address or phone number
	Medium   string    `json:"medium"` // Email or SMS
	About    string    `json:"about"`  // what the message is for, such as forgot-password
	Code     string    `json:"code"`   // a code or a temporary password
	Sent     time.Time `json:"sent"`
}

// Add keeps a message. The transaction must be writable.
func Add(tx *bbolt.Tx, m Message) error {
	b, err := tx.CreateBucketIfNotExists(Bucket)
	if err != nil {
		return err
	}
	n, err := b.NextSequence()
	if err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := b.Put(key(n), text); err != nil || n <= keep {
		return err
	}
	return b.Delete(key(n - keep))
}

// Each calls f with the JSON object of every message, the oldest first. The bytes are only
// good during the call.
func Each(tx *bbolt.Tx, f func(object []byte) error) error {
	b := tx.Bucket(Bucket)
	if b == nil {
		return nil
	}
	return b.ForEach(func(_, v []byte) error { return f(v) })
}

// Newest calls f with the JSON object of every message to the users of a pool, the newest first,
// until it reports false. The bytes are only good during the call.
func Newest(tx *bbolt.Tx, pool string, f func(object []byte) (more bool, err error)) error {
	b := tx.Bucket(Bucket)
	if b == nil {
		return nil
	}
	id, err := json.Marshal(pool)
	if err != nil {
		return err
	}
	prefix := slices.Concat([]byte(`{"pool":`), id, []byte{','})
	c := b.Cursor()
	for k, v := c.Last(); k != nil; k, v = c.Prev() {
		if !bytes.HasPrefix(v, prefix) {
			continue
		}
		if more, err := f(v); err != nil || !more {
			return err
		}
	}
	return nil
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// NewCode returns six random digits.
func NewCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // it never fails
	return fmt.Sprintf("%06d", n)
}

// Mask returns an address or phone number as the API shows where a message went: the first
// letters of an address and its domain, the last four digits of a number.
func Mask(medium, to string) string {
	if medium == SMS {
		return "+*******" + to[max(0, len(to)-4):]
	}
	local, domain, _ := strings.Cut(to, "@")
	return first(local) + "***@" + first(domain) + "***"
}

func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
