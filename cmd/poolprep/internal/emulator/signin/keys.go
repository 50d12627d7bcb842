package signin

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// keysBucket has the key of each pool that signs its tokens: pool ID -> PKCS #1.
var keysBucket = []byte("signin-keys")

// keyBits is the size of a key.
const keyBits = 2048

// key signs the tokens of a pool. It is immutable.
type key struct {
	private *rsa.PrivateKey
	id      string // kid
}

// keys has the keys of all pools. A key is made when it is first needed: that takes long.
type keys struct {
	db DB

	mu   sync.Mutex
	made map[string]*key
}

// of returns the key of a pool.
func (k *keys) of(pool string) (*key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if made := k.made[pool]; made != nil {
		return made, nil
	}
	der, err := k.load(pool)
	if err == nil && der == nil {
		der, err = k.create(pool)
	}
	if err != nil {
		return nil, err
	}
	private, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("the state is damaged: the key of %s", pool)
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&private.PublicKey))
	made := &key{private, base64.RawURLEncoding.EncodeToString(sum[:])}
	if k.made == nil {
		k.made = make(map[string]*key)
	}
	k.made[pool] = made
	return made, nil
}

func (k *keys) load(pool string) (der []byte, err error) {
	err = k.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(keysBucket); b != nil {
			der = slices.Clone(b.Get([]byte(pool)))
		}
		return nil
	})
	return der, err
}

func (k *keys) create(pool string) ([]byte, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, err
	}
	der := x509.MarshalPKCS1PrivateKey(private)
	return der, k.db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(keysBucket)
		if err != nil {
			return err
		}
		return b.Put([]byte(pool), der)
	})
}

// jwk is a public key as a JWKS document has it.
type jwk struct {
	KID       string `json:"kid"`
	Algorithm string `json:"alg"`
	Type      string `json:"kty"`
	E         string `json:"e"`
	N         string `json:"n"`
	Use       string `json:"use"`
}

func (k *key) jwk() jwk {
	encode := base64.RawURLEncoding.EncodeToString
	return jwk{k.id, "RS256", "RSA", encode(big.NewInt(int64(k.private.E)).Bytes()), encode(k.private.N.Bytes()), "sig"}
}
