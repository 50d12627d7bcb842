package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"poolprep/transform/mapping"
)

// version is the release that the source belongs to.
const version = "0.1.0"

// versionText returns the release, and the commit if the build knows it.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return version + " (" + s.Value[:12] + ")"
		}
	}
	return version
}

func newVersion(s *streams) *cobra.Command {
	verbose := false
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  takes(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text := fmt.Sprintf("poolprep %s\n", versionText())
			if verbose {
				text += fmt.Sprintf("%s %s/%s\nphone numbers: libphonenumber %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, mapping.PhoneMetadata)
			}
			_, err := fmt.Fprint(s.out, text)
			return err
		},
	}
	bind(cmd.Flags(), "verbose", &verbose)
	return cmd
}
