package deploy

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// instructions returns the instructions of the Dockerfile, continued lines
// joined, as name and arguments.
func instructions(t *testing.T) [][2]string {
	t.Helper()
	text := regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(read(t, "Dockerfile"), "")
	var all [][2]string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" {
			name, args, _ := strings.Cut(line, " ")
			all = append(all, [2]string{name, args})
		}
	}
	return all
}

func TestTheDockerfileUsesKnownInstructionsAndFixedImages(t *testing.T) {
	known := regexp.MustCompile(`^(FROM|ARG|WORKDIR|COPY|RUN|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD)$`)
	fixed := regexp.MustCompile(`^(scratch|[a-z/.-]+:\d+\.\d+\.\d+[\w.-]*)( AS \w+)?$`)
	for _, in := range instructions(t) {
		if !known.MatchString(in[0]) {
			t.Errorf("unknown instruction %s %s", in[0], in[1])
		}
		if in[0] == "FROM" && !fixed.MatchString(in[1]) {
			t.Errorf("FROM %s: want scratch or an image with a full version as its tag", in[1])
		}
	}
}

func TestTheContainerDoesNotRunAsRoot(t *testing.T) {
	var user, last string
	for _, in := range instructions(t) {
		switch in[0] {
		case "FROM":
			user, last = "", in[1]
		case "USER":
			user = in[1]
		}
	}
	if user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("the last stage, %s, runs as %q", last, user)
	}
}

func TestTheDockerfileCopiesWhatExists(t *testing.T) {
	for _, in := range instructions(t) {
		if in[0] != "COPY" || strings.HasPrefix(in[1], "--from") {
			continue
		}
		args := strings.Fields(in[1])
		for _, source := range args[:len(args)-1] {
			if _, err := os.Stat(root + source); err != nil {
				t.Errorf("COPY %s: %v", in[1], err)
			}
		}
	}
}

func TestTheDockerfileBuildsWithAGoThatTheModuleAccepts(t *testing.T) {
	need := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	have := regexp.MustCompile(`FROM golang:(\d+\.\d+)`).FindStringSubmatch(read(t, "Dockerfile"))
	if need == nil || have == nil || need[1] != have[1] {
		t.Errorf("go.mod wants Go %q, the Dockerfile builds with %q", need, have)
	}
}

// The build argument and the flag of the linker have to meet, in the image and in
// make build.
func TestTheLinkerIsToldVersionRevisionAndDate(t *testing.T) {
	makefile, dockerfile := read(t, "Makefile"), read(t, "Dockerfile")
	for arg, variable := range map[string]string{"VERSION": "Version", "REVISION": "Revision", "DATE": "BuildDate"} {
		flag := "-X github.com/prometheus/common/version." + variable + "=$" + arg
		if !strings.Contains(dockerfile, "\nARG "+arg+"\n") || !strings.Contains(dockerfile, flag) {
			t.Errorf("the Dockerfile does not give the linker %s", flag)
		}
		if !strings.Contains(makefile, "--build-arg "+arg+"=$("+arg+")") || !strings.Contains(makefile, "$(VAR)."+variable+"=$("+arg+")") {
			t.Errorf("the Makefile does not pass on %s", arg)
		}
	}
}
