package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"golang.org/x/crypto/bcrypt"

	"poolprep/cmd/poolprep/internal/emulator/store"
	"poolprep/cmd/poolprep/internal/emulator/users"
)

// BenchmarkSignIn compares sign-ins by password with the hash of the password alone. Both
// use all processors; the first is to reach 0.8 of the second.
func BenchmarkSignIn(b *testing.B) {
	hash, err := bcrypt.GenerateFromPassword([]byte(oldPassword), 10)
	require.NoError(b, err)
	b.Run("of=hash", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if bcrypt.CompareHashAndPassword(hash, []byte(oldPassword)) != nil {
					b.Error("the password does not verify")
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hashes/s")
	})
	b.Run("of=signin", func(b *testing.B) {
		server, err := New(Options{DataDir: b.TempDir()})
		require.NoError(b, err)
		defer server.Close()
		fillPool(b, server, benchUsers)
		client := signInUser(b, server, hash)
		body := fmt.Sprintf(`{"ClientId":%q,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"anna","PASSWORD":%q}}`, client, oldPassword)
		b.SetParallelism(4) // more users than processors, as there are
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if w := benchCall(server, "InitiateAuth", body); w.Code != http.StatusOK {
					b.Error(w.Body.String())
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signins/s")
	})
}

// benchUsers is how many users the pool of a benchmark has.
const benchUsers = 1_000_000

// fillPool makes n users.
func fillPool(b *testing.B, server *Server, n int) {
	a := server.pools.Get(defaultID).Attrs
	const batch = 50_000
	for from := 0; from < n; from += batch {
		require.NoError(b, server.store.Update(func(tx *bbolt.Tx) error {
			bucket, err := store.In(tx, store.Users, defaultID)
			if err != nil {
				return err
			}
			for i := from; i < min(from+batch, n); i++ {
				name := fmt.Sprintf("user%08d", i)
				u := &users.User{Status: users.Confirmed, Username: name, Values: []users.Value{{ID: a.IDs["email"], Value: name + "@example.com"}, {ID: a.IDs["email_verified"], Value: "true"}}}
				if err := bucket.Put([]byte(name), users.Append(nil, u)); err != nil {
					return err
				}
			}
			return store.AddUserCount(tx, defaultID, int64(min(batch, n-from)))
		}))
	}
}

// BenchmarkListUsers reads a page of 60 users from the middle of pools of two sizes: the time
// does not depend on the size.
func BenchmarkListUsers(b *testing.B) {
	for _, n := range []int{1000, benchUsers} {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			server, err := New(Options{DataDir: b.TempDir()})
			require.NoError(b, err)
			defer server.Close()
			fillPool(b, server, n)
			token := server.store.Tokens().Token("users/"+defaultID, []byte(fmt.Sprintf("user%08d", n/2)))
			body := fmt.Sprintf(`{"UserPoolId":%q,"PaginationToken":%q}`, defaultID, token)
			for b.Loop() {
				if w := benchCall(server, "ListUsers", body); w.Code != http.StatusOK || strings.Count(w.Body.String(), "email_verified") != 60 {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
}

// signInUser makes a user with a hash, and an app client whose ID it returns.
func signInUser(b *testing.B, server *Server, hash []byte) (client string) {
	require.NoError(b, server.store.Update(func(tx *bbolt.Tx) error {
		bucket, err := store.In(tx, store.Users, defaultID)
		if err != nil {
			return err
		}
		hashes, err := store.In(tx, store.ImportedHashes, defaultID)
		if err != nil {
			return err
		}
		return errors.Join(bucket.Put([]byte("anna"), users.Append(nil, &users.User{Status: users.Confirmed, Username: "anna"})), hashes.Put([]byte("anna"), hash))
	}))
	w := benchCall(server, "CreateUserPoolClient", `{"UserPoolId":"local_default","ClientName":"app","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH"]}`)
	require.Equal(b, http.StatusOK, w.Code, w.Body.String())
	_, rest, _ := strings.Cut(w.Body.String(), `"ClientId":"`)
	client, _, _ = strings.Cut(rest, `"`)
	return client
}

func benchCall(server *Server, operation, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", poolTarget+"."+operation)
	request.Header.Set("Authorization", signature)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, request)
	return w
}
