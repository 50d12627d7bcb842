package jobs

import (
	"poolprep/cmd/poolprep/internal/emulator/logs"
	"poolprep/cmd/poolprep/internal/emulator/pools"
	"poolprep/cmd/poolprep/internal/emulator/roles"
)

// roleFailure returns why a job cannot run with its role, "" if it can. Roles are looked at
// once IAM was used in this state, or if the options say so.
func (s *Service) roleFailure(pool *pools.Pool, j *job) (string, error) {
	used, err := s.o.Roles.Used()
	if err != nil || !used && !s.o.CheckRoles {
		return "", err
	}
	problem, what, err := s.o.Roles.LogRole(j.Role, pool.ARN(), logs.GroupARN(pool))
	if err != nil || problem == roles.Fine {
		return "", err
	}
	text := s.texts.own(string(problem))
	if what != "" {
		text += " (" + what + ")"
	}
	return text, nil
}
