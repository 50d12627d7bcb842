package main

import (
	"fmt"
	"slices"

	"poolprep/transform"
	"poolprep/transform/legacy"
	"poolprep/transform/mapping"
	"poolprep/validate"
)

// autoWord is the value of --from that stands for the preset that fits the input.
const autoWord = "auto"

// recogniser finds the preset of inputs, for --from auto, or makes sure that the one that
// is named is right.
type recogniser struct {
	*convertCommand
	found   string // the preset of the first input; "": none yet
	settled string // the one that a plan has found; "": there is no plan
}

// recognise has the inputs of a conversion looked at, if a preset is named.
func (c *convertCommand) recognise(o *transform.ConvertOptions) {
	if c.from == "" {
		return
	}
	r := &recogniser{convertCommand: c, settled: c.part.preset}
	if c.from != autoWord {
		r.found = c.from
	}
	o.Recognise = r.look
}

func (r *recogniser) look(in *validate.Input) (*mapping.Mapping, error) {
	sample, err := legacy.Look(in)
	if err != nil {
		return nil, err
	}
	if r.found != "" {
		if err := legacy.Confirm(r.found, sample); err != nil {
			return nil, fmt.Errorf("%s: %w", in.Name, err)
		}
		return nil, nil
	}
	if r.settled != "" {
		r.found = r.settled
		return legacy.Get(r.settled)
	}
	guess, err := legacy.Recognise(sample)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	m, err := legacy.Get(guess.Preset)
	if err != nil {
		return nil, err
	}
	r.found = guess.Preset
	if r.recognised != nil {
		r.recognised(guess.Preset)
	}
	if !r.report.quiet {
		printf(r.err, "%s: this looks like %s\n", in.Name, guess)
	}
	return m, nil
}

// recordPreset puts the preset that was found into the command that the manifest records,
// so that rejects, which may be too few to recognise anything, are read in the same way.
func (r *convertRun) recordPreset(preset string) {
	if r.directory == nil {
		return
	}
	namePreset(r.directory.Manifest.Command, preset)
}

// namePreset puts a preset into a recorded command that left it open.
func namePreset(command []string, preset string) {
	if i := slices.Index(command, "--from="+autoWord); i >= 0 {
		command[i] = "--from=" + preset
	}
}
