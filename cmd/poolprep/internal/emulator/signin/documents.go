package signin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"go.etcd.io/bbolt"

	"poolprep/cmd/poolprep/internal/emulator/outbox"
)

// OutboxPath is where the messages to users can be read.
const OutboxPath = "/_poolprep/outbox"

const (
	keysPath      = "/.well-known/jwks.json"
	discoveryPath = "/.well-known/openid-configuration"
)

// ServeDocument answers a GET or HEAD request for the outbox or a document of a pool's
// issuer. It reports false, having written nothing, for any other path. base is that of Call.
func (s *Service) ServeDocument(w http.ResponseWriter, r *http.Request, base string) bool {
	path := r.URL.Path
	pool, isKeys := strings.CutSuffix(strings.TrimPrefix(path, "/"), keysPath)
	var document any
	var err error
	switch {
	case path == OutboxPath:
		document, err = s.outbox(r.URL.Query())
	case isKeys:
		document, err = s.jwks(pool)
	case strings.HasSuffix(path, discoveryPath):
		document, err = s.discovery(strings.TrimSuffix(strings.TrimPrefix(path, "/"), discoveryPath), base)
	default:
		return false
	}
	switch {
	case errors.Is(err, errNewest):
		http.Error(w, err.Error(), http.StatusBadRequest)
		return true
	case err != nil:
		http.Error(w, "there is no such pool", http.StatusNotFound)
		return true
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	if err := e.Encode(document); err != nil {
		http.Error(w, "the document could not be written", http.StatusInternalServerError)
		return true
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // the client is gone if this fails
	}
	return true
}

// errNewest is about the parameter newest of the outbox.
var errNewest = errors.New("newest is a number from 1 to 1000")

// outbox returns the messages of the outbox, the oldest first, or those to one user; with a
// pool, the newest ones of that pool, the newest first.
func (s *Service) outbox(query url.Values) (any, error) {
	username := query.Get("username")
	list := []json.RawMessage{}
	add := func(object []byte) error {
		if username != "" {
			var m outbox.Message
			if err := json.Unmarshal(object, &m); err != nil || m.Username != username {
				return err
			}
		}
		list = append(list, bytes.Clone(object))
		return nil
	}
	if !query.Has("pool") {
		err := s.o.DB.View(func(tx *bbolt.Tx) error { return outbox.Each(tx, add) })
		return list, err
	}
	most := 100
	var err error
	if v := query.Get("newest"); v != "" {
		if most, err = strconv.Atoi(v); err != nil || most < 1 || most > 1000 {
			return nil, errNewest
		}
	}
	err = s.o.DB.View(func(tx *bbolt.Tx) error {
		return outbox.Newest(tx, query.Get("pool"), func(object []byte) (bool, error) {
			err := add(object)
			return len(list) < most, err
		})
	})
	return list, err
}

func (s *Service) jwks(pool string) (any, error) {
	if _, err := s.o.Pool(pool); err != nil {
		return nil, err
	}
	k, err := s.keys.of(pool)
	if err != nil {
		return nil, err
	}
	return map[string]any{"keys": []jwk{k.jwk()}}, nil
}

func (s *Service) discovery(pool, base string) (any, error) {
	if _, err := s.o.Pool(pool); err != nil {
		return nil, err
	}
	issuer := base + "/" + pool
	return map[string]any{
		"issuer": issuer, "jwks_uri": issuer + keysPath,
		"id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"public"},
	}, nil
}
