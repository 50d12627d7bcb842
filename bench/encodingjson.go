package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// auth0User is what of a user of Auth0 goes into the import file.
type auth0User struct {
	Username      string    `json:"username"`
	Email         string    `json:"email"`
	EmailVerified *bool     `json:"email_verified"`
	Phone         string    `json:"phone_number"`
	PhoneVerified *bool     `json:"phone_verified"`
	Name          string    `json:"name"`
	GivenName     string    `json:"given_name"`
	FamilyName    string    `json:"family_name"`
	Nickname      string    `json:"nickname"`
	Picture       string    `json:"picture"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// encodingJSON does with what comes with Go what --from auth0 does, and checks nothing.
func encodingJSON(in *bufio.Reader, out io.Writer) error {
	flag := func(b *bool) string {
		switch {
		case b == nil:
			return ""
		case *b:
			return "TRUE"
		}
		return "FALSE"
	}
	w := csv.NewWriter(bufio.NewWriterSize(out, 256<<10))
	header := []string{"cognito:username", "name", "given_name", "family_name", "nickname", "picture", "email", "email_verified", "phone_number", "phone_number_verified", "updated_at"}
	if err := w.Write(header); err != nil {
		return err
	}
	d := json.NewDecoder(in)
	for {
		var u auth0User
		if err := d.Decode(&u); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		err := w.Write([]string{
			cmp.Or(u.Username, u.Email, u.Phone), u.Name, u.GivenName, u.FamilyName, u.Nickname, u.Picture, u.Email, flag(u.EmailVerified),
			u.Phone, flag(u.PhoneVerified), strconv.FormatInt(u.UpdatedAt.Unix(), 10),
		})
		if err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
