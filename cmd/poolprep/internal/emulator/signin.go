package emulator

import (
	"errors"
	"net/http"

	"poolprep/cmd/poolprep/internal/emulator/signin"
	"poolprep/cmd/poolprep/internal/emulator/wire"
)

// openSignin makes the service for sign-in.
func (s *Server) openSignin() (err error) {
	s.signin, err = signin.New(signin.Options{
		DB: s.store, Secret: s.store.Secret, Now: s.o.Now, Users: s.users.ForSignin(),
		Pool: func(id string) (signin.Pool, error) {
			p, err := s.pools.Find(id)
			if err != nil {
				return nil, err
			}
			return p, nil
		},
	})
	return err
}

// signsIn makes the handler of an operation of a method of package signin.
func signsIn[In any](method func(*signin.Service, signin.Call, *In) (any, error)) handler {
	return of(inSignin, func(s *signin.Service, c *wire.Call, in *In) (any, error) {
		out, err := method(s, signin.Call{Context: c.Context, Base: c.Scheme + "://" + c.Host}, in)
		var e *signin.Error
		if errors.As(err, &e) {
			err = &wire.Error{Status: http.StatusBadRequest, Kind: e.Kind, Message: e.Message}
		}
		return out, err
	})
}
