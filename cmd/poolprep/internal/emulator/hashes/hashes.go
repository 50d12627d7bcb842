// Package hashes verifies a password against a password hash in one of the forms that the
// import reads, and makes the hash of a new password in one of these forms. It keeps
// nothing and knows no user.
//
// No more hashes are computed at a time than there are processors: more would not be
// faster, and each may take up to 64 MB of memory. The functions are safe for concurrent use.
package hashes

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"

	"poolprep/validate/value"
)

// Limits of a hash besides the upper bounds of its costs, in bytes of the decoded key. A
// longer key would cost more than the bounds allow, and a shorter one fits many passwords.
const (
	minKey = 8
	maxKey = 128
)

// maxPassword is how long a password may be, in bytes: 256 characters of four bytes each.
const maxPassword = 1024

// slots is how many hashes are computed at the same time.
var slots = sync.OnceValue(func() chan struct{} { return make(chan struct{}, runtime.GOMAXPROCS(0)) })

// inSlot runs f when a processor is free for it. It returns the error of ctx if that ends first.
func inSlot(ctx context.Context, f func()) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	select {
	case slots() <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-slots() }()
	f()
	return nil
}

// Verify reports whether hash is the hash of password. A value that is malformed or whose
// costs are above the bounds of the import is that of no password. The only error is that
// of ctx.
func Verify(ctx context.Context, hash []byte, password string) (ok bool, err error) {
	algorithm, above := value.ParseHash(hash)
	if above != "" || len(password) > maxPassword {
		return false, nil
	}
	var verify func([]byte, string) bool
	switch algorithm {
	case value.BCrypt:
		verify = verifyBCrypt
	case value.SCrypt:
		verify = verifySCrypt
	case value.Argon2id:
		verify = verifyArgon2id
	case value.PBKDF2SHA256:
		verify = verifyPBKDF2
	default:
		return false, nil
	}
	err = inSlot(ctx, func() { ok = verify(hash, password) })
	return ok, err
}

// New returns a hash of a password with a new random salt. It costs a hundredth of a second
// and 4 MB of memory: passwords of rehearsals are set by the thousand. The error is that of ctx, or of a password that is too long.
func New(ctx context.Context, password string) (hash []byte, err error) {
	const n, r, p = 4096, 8, 1
	if len(password) > maxPassword {
		return nil, fmt.Errorf("a password has at most %d bytes", maxPassword)
	}
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // it never fails
	var key []byte
	if slotErr := inSlot(ctx, func() { key, err = scrypt.Key([]byte(password), salt[:], n, r, p, 32) }); slotErr != nil {
		return nil, slotErr
	}
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "%d$%d$%d$%x$%x", n, r, p, salt, key), nil
}

func verifyBCrypt(hash []byte, password string) bool {
	key := []byte(password)
	if hash[2] == 'x' {
		key = signExtended(key)
	}
	return bcrypt.CompareHashAndPassword(hash, key) == nil
}

// signExtended returns the password whose hash, by a correct bcrypt, is that of password by
// the versions that write $2x$. These take the bytes of a password as signed numbers when
// they put them together to the words of the key, so that a byte above 127 sets all bits
// before it in its word.
func signExtended(password []byte) []byte {
	const words = 18
	if !bytes.ContainsFunc(password, func(r rune) bool { return r > 127 }) {
		return password
	}
	cycle := append(bytes.Clone(password), 0)
	out := make([]byte, 0, words*4)
	for i := range words {
		var w uint32
		for j := range 4 {
			w = w<<8 | uint32(int32(int8(cycle[(i*4+j)%len(cycle)])))
		}
		out = append(out, byte(w>>24), byte(w>>16), byte(w>>8), byte(w))
	}
	return out
}

func verifySCrypt(hash []byte, password string) bool {
	parts := bytes.Split(hash, []byte("$"))
	salt, err1 := hex.AppendDecode(nil, parts[3])
	want, err2 := hex.AppendDecode(nil, parts[4])
	if err1 != nil || err2 != nil || !soundKey(want) {
		return false
	}
	key, err := scrypt.Key([]byte(password), salt, cost(parts[0]), cost(parts[1]), cost(parts[2]), len(want))
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1
}

func verifyArgon2id(hash []byte, password string) bool {
	parts := bytes.Split(hash, []byte("$"))
	if cost(parts[2][2:]) != argon2.Version {
		return false // the version before computes something else
	}
	costs := bytes.Split(parts[3], []byte(","))
	salt, err1 := base64.RawStdEncoding.AppendDecode(nil, parts[4])
	want, err2 := base64.RawStdEncoding.AppendDecode(nil, parts[5])
	if err1 != nil || err2 != nil || !soundKey(want) {
		return false
	}
	m, t, p := cost(costs[0][2:]), cost(costs[1][2:]), cost(costs[2][2:])
	key := argon2.IDKey([]byte(password), salt, uint32(t), uint32(m), uint8(p), uint32(len(want)))
	return subtle.ConstantTimeCompare(key, want) == 1
}

func verifyPBKDF2(hash []byte, password string) bool {
	parts := bytes.Split(hash, []byte("$"))
	salt, err1 := adaptedBase64(parts[3])
	want, err2 := adaptedBase64(parts[4])
	if err1 != nil || err2 != nil || !soundKey(want) {
		return false
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, cost(parts[2]), len(want))
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1
}

// adaptedBase64 decodes unpadded base64 that has a plus or, as the library behind the
// $pbkdf2-sha256$ form writes it, a dot.
func adaptedBase64(v []byte) ([]byte, error) {
	return base64.RawStdEncoding.AppendDecode(nil, bytes.ReplaceAll(v, []byte("."), []byte("+")))
}

func soundKey(key []byte) bool { return len(key) >= minKey && len(key) <= maxKey }

// cost returns the number that value.ParseHash has found to be one, -1 if it is too long
// to be a cost.
func cost(digits []byte) int {
	n, err := strconv.Atoi(string(digits))
	if err != nil {
		return -1
	}
	return n
}
