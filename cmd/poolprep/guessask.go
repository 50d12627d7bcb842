package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"poolprep/transform/mapping/guess"
	"poolprep/validate/source"
)

// ask asks a person about each line that is doubtful or open, in the order of the file.
func (c *guessCommand) ask(ctx context.Context, p *guess.Proposal) error {
	q := &questions{streams: c.streams, proposal: p, lines: bufio.NewReader(c.in)}
	open := p.Open()
	for i, line := range open {
		printf(c.err, "%d of %d: ", i+1, len(open))
		if err := q.line(ctx, line, c.advice); err != nil {
			return err
		}
	}
	return nil
}

// questions are asked on the terminal.
type questions struct {
	*streams
	proposal *guess.Proposal
	lines    *bufio.Reader
}

// line asks about a line until the answer decides it.
func (q *questions) line(ctx context.Context, l *guess.Line, advice func(guess.Decision) string) error {
	for {
		what := l.Target
		if what == "" {
			what = "leave records out"
		}
		printf(q.err, "%s: %s\n", what, strings.Join(l.Reasons, "; "))
		if text := advice(l.Decision); text != "" {
			printf(q.err, "  %s\n", text)
		}
		for i, choice := range l.Choices {
			printf(q.err, "  %s: %s", answerFor(l, i), choice.Text)
			if choice.Label != "" {
				printf(q.err, " (%s)", choice.Label)
			}
			fmt.Fprintln(q.err)
		}
		decided, err := q.answer(ctx, l)
		if err != nil || decided {
			return err
		}
	}
}

// answerFor returns the answer that takes a choice: y for the only one, else a, b and so on.
func answerFor(l *guess.Line, choice int) string {
	if len(l.Choices) == 1 {
		return "y"
	}
	return string(rune('a' + choice))
}

// answer reads answers until one fits. It reports whether the line is decided; else it
// is about another column now.
func (q *questions) answer(ctx context.Context, l *guess.Line) (decided bool, err error) {
	for {
		var offers []string
		for i := range l.Choices {
			offers = append(offers, answerFor(l, i))
		}
		offers = append(offers, "n to leave it out")
		if l.Target != "" {
			offers = append(offers, "the name of another column")
		}
		printf(q.err, "  [%s] ", strings.Join(offers, ", "))
		text, err := q.read(ctx)
		if err != nil {
			return false, err
		}
		for i := range l.Choices {
			if strings.EqualFold(text, answerFor(l, i)) {
				return true, l.Take(i)
			}
		}
		switch {
		case strings.EqualFold(text, "n"):
			l.Leave()
			return true, nil
		case text == "" || l.Target == "":
			continue
		}
		var unknown *guess.UnknownColumnError
		switch err := q.proposal.Use(l, text); {
		case errors.As(err, &unknown):
			printf(q.err, "  %s\n", err)
		case err != nil:
			return false, err
		default:
			return l.State == guess.Sure || len(l.Choices) == 0, nil
		}
	}
}

// read reads a line from the terminal.
func (q *questions) read(ctx context.Context) (string, error) {
	text, err := source.Await(ctx, func() (string, error) { return q.lines.ReadString('\n') })
	if err == io.EOF || errors.Is(err, syscall.EIO) { // the person, or the terminal, went away
		return "", errors.New("the questions were not answered to the end; nothing is written")
	}
	return strings.TrimSpace(text), err
}
