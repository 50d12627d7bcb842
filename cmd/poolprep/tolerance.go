package main

import "poolprep/validate"

// tolerance is --max-rejects.
type tolerance struct{ validate.Tolerance }

func (t *tolerance) Type() string { return "N|P%" }

func (t *tolerance) Set(text string) (err error) {
	t.Tolerance, err = validate.ParseTolerance(text)
	return err
}
