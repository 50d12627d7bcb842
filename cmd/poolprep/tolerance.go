package main

import (
	"fmt"

	"poolprep/validate"
)

// tolerance is --max-rejects.
type tolerance struct{ validate.Tolerance }

func (t *tolerance) Type() string { return "N|P%" }

func (t *tolerance) Set(text string) (err error) {
	t.Tolerance, err = validate.ParseTolerance(text)
	return err
}

// stopLimit is how many rejected rows end a run.
type stopLimit struct{ tolerance }

func (t *stopLimit) Set(text string) error {
	if err := t.tolerance.Set(text); err != nil {
		return err
	}
	if t.IsZero() {
		return fmt.Errorf("%q: at least 1 row is expected, or more than 0%%", text)
	}
	return nil
}
