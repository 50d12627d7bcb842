package cognito

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// fileVariables are the environment variables that name files which the SDK reads.
var fileVariables = []string{
	"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
}

// fileSettings are the settings of a profile that do.
var fileSettings = []string{"ca_bundle", "web_identity_token_file"}

// ConfigFiles returns the paths of the files that configuration and credentials may be
// read from: those of the environment, the default ones, which need not be there, those
// that any profile names, and cached tokens.
func ConfigFiles() []string {
	var files []string
	for _, name := range fileVariables {
		if path := os.Getenv(name); path != "" {
			files = append(files, path)
		}
	}
	files = append(files, config.DefaultSharedConfigFilename(), config.DefaultSharedCredentialsFilename())
	for _, path := range files {
		files = append(files, filesOfProfiles(path)...)
	}
	caches := []string{os.Getenv("AWS_LOGIN_CACHE_DIRECTORY")}
	for _, name := range []string{"sso", "login"} {
		caches = append(caches, filepath.Join(filepath.Dir(config.DefaultSharedConfigFilename()), name, "cache"))
	}
	for _, dir := range caches {
		entries, _ := os.ReadDir(dir) // mostly there is none
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

// filesOfProfiles returns the files that the profiles in a configuration file name. It
// waits for no pipe.
func filesOfProfiles(path string) (files []string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil // the SDK says so
	}
	defer f.Close()
	const limit = 1 << 20
	for lines := bufio.NewScanner(io.LimitReader(f, limit)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), "=")
		for _, setting := range fileSettings {
			if value = strings.TrimSpace(value); value != "" && strings.EqualFold(strings.TrimSpace(name), setting) {
				value, _, _ = strings.Cut(value, " #")
				files = append(files, strings.TrimSpace(value))
			}
		}
	}
	return files
}
