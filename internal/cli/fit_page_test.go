package cli

import (
	"regexp"
	"slices"
	"testing"
)

// TestCommandLine: the command that a page names has every flag that was given, and says nothing of this machine's directories.
func TestCommandLine(t *testing.T) {
	cmd := fitCommand()
	if err := cmd.ParseFlags([]string{"--csv", "/home/me/a b.csv", "--json", "--score", "a=1,b=2", "--html=out/laws.html", "--by", "it's"}); err != nil {
		t.Fatal(err)
	}
	if got, want := commandLine(cmd, nil), `fit --csv 'a b.csv' --by 'it'\''s' --json --score a=1,b=2 --html laws.html`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var known []string
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-., )?--([a-z-]+)`).FindAllStringSubmatch(cmd.Flags().FlagUsages(), -1) {
		known = append(known, found[1])
	}
	slices.Sort(known)
	if want := slices.Sorted(slices.Values(fitFlagNames)); !slices.Equal(known, want) {
		t.Errorf("fitFlagNames are %v, and the command has %v", want, known)
	}
}
